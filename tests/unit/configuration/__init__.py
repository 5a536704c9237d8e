"""What the operator's folder may say, and what is said about it when it is wrong."""
