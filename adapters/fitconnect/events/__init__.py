"""Security event tokens of FIT-Connect: what they say, and what their log proves."""
