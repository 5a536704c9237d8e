"""Folders that specialist systems collect deliveries from."""
