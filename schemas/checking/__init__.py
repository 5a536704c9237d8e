"""Checking a document against the packs: stages, findings, meanings outside."""
