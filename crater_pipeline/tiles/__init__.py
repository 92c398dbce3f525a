"""The tile grid, the split into parts, and what is searched."""
