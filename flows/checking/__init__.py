"""Checks of documents: small ones in threads, big ones and Schematron in processes."""
