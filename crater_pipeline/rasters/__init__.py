"""Raster files, their grids, reprojection and resampling: nothing else touches raster files."""
