"""What we keep: the database, the vault of documents, the archive."""
