"""Everything that can be examined without changing it, in green, yellow and red."""
