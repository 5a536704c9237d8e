"""Our keys in files, their certificates, and whether either still serves."""
