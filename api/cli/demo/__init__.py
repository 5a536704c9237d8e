"""A demonstration: made-up applications, who sends them, and what becomes of them."""
