"""Processes that die: really killed, at every boundary, on both databases."""
