"""Forms become XML and XML becomes forms."""
