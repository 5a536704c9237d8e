"""What things are: ids, time, chains, documents."""
