"""From the bytes of a request to documents in the vault and one commit."""
