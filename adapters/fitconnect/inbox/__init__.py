"""Receiving over FIT-Connect: list, open, verify, store, answer."""
