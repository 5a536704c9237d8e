"""Finished packages, created once and never changed."""
