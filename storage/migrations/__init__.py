"""Migrations: they expand, then contract, so old and new workers run side by side."""
