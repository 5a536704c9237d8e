"""FIT-Connect: submissions fetched from it, and delivered through it."""
