"""Parts together with the servers they need."""
