"""Schema packs: immutable folders that say what a document must be like."""
