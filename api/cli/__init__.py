"""The command line: the only door that may start flows, and lazily."""
