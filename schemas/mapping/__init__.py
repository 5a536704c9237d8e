"""Form data to a pack's XML and back, as a map in the pack says."""
