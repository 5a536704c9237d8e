"""Which destination is competent for a public service in a place."""
