"""What the operator's folder says: text in, values or problems out."""
