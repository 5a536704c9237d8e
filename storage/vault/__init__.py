"""Documents as received, encrypted: format v1, keys, a local folder."""
