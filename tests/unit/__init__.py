"""Rules, codecs and values: no I/O."""
