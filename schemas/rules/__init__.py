"""Every decision as a function of values; door and worker decide with these."""
