"""The check: stages, findings, and what no document may do to it."""
