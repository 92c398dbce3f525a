"""A trained network over a whole raster."""

from crater_pipeline.detection.settings import InferenceSettings

__all__ = ["InferenceSettings"]
