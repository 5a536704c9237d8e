"""What things are and what may happen to them: pure types and pure rules."""
