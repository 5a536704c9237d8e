"""Making packs: from an official download, or from a folder written by hand."""
