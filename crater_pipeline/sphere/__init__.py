"""Bodies, map projections and circles on the sphere."""
