"""Cases sent through FIT-Connect: announced, uploaded, submitted, followed."""
