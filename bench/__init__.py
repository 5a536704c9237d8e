"""How fast and at what cost: measurements for people, not tests."""
