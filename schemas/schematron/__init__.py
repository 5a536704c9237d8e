"""Schematron: our own compiler to XSLT 2, its run with Saxon, what its rules found."""
