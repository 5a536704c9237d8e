"""The shape of the project: walls, names, sizes, lock, skips."""
