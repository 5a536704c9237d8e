"""Our own packs: what they promise, sample by sample."""
