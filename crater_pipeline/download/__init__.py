"""Files and parts of rasters over HTTP, checked and resumable."""
