"""Prefect shows the work as runs: a projection, never on the critical path."""
