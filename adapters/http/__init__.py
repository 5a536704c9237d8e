"""Specialist systems that take deliveries by HTTP."""
