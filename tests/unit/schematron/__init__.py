"""Schematron: compiled, run and turned into findings."""
