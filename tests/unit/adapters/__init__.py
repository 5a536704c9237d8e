"""The ways out, without a network."""
