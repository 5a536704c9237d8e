"""The outside world: one folder per counterpart, none knows another."""
