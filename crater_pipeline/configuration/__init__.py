"""What a user writes: entries, checks, loading, and the plan of a region that follows from them."""
