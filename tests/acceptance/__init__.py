"""A case from door to archive, told as a story."""
