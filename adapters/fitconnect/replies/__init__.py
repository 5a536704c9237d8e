"""Replies within a case, in both directions: UNCONFIRMED, off unless switched on."""
