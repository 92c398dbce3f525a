"""Picture or terrain model: as a raster's header tells, else as its values look."""

import numpy as np
import rasterio

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.rasters.terrain import possible
from crater_pipeline.rasters.texture import Texture
from crater_pipeline.rasters.units import unit_of

TERRAIN_RELIEF = 25.0
"""Terrain at the pixels that it was made for has a larger relief (`Texture.relief`) than this, a picture a smaller one.

GLD100 has 55 to 193, simulated terrain 61; photographs 2 to 12, shaded GLD100 13 to 17, a simulated image 6. Terrain
reduced to a quarter and less has 6 to 55: there its sign and its slopes tell.
"""

LIT = 0.26
"""A picture under a low sun has a larger `Texture.direction`: photographs 0.33 to 0.41, shaded GLD100 0.42 to 0.45, a
simulated image 0.28; terrain reduced to pixels of 0.5 to 5 km has 0.08 to 0.25."""

BRIGHTEST = 255.0
"""Numbers from 0 to this are rather a picture's than heights."""


def kind_of(dataset: rasterio.DatasetReader, info: RasterInfo, reading: Reading, seen: Texture | None) -> Kind:
    """Image or terrain model, as the header tells, else as the values look."""
    return kind_and_reason(dataset, info, reading, seen)[0]


def kind_and_reason(
    dataset: rasterio.DatasetReader, info: RasterInfo, reading: Reading, seen: Texture | None
) -> tuple[Kind, str]:
    """As `kind_of`, and why, in words that end a sentence."""
    first = reading.bands[0] - 1
    if unit := unit_of(dataset.units[first]):
        return "dtm", f"its unit is {unit}"
    if reading.is_colour:
        return "image", "it has colours"
    if dataset.dtypes[first] == "uint8":
        return "image", "it has 8 bits"
    usual: Kind = "image" if np.dtype(dataset.dtypes[first]).kind == "u" else "dtm"
    if seen is None:
        return usual, f"its numbers are {dataset.dtypes[first]}"
    if seen.relief >= TERRAIN_RELIEF:
        return "dtm", "its values are as smooth as terrain"
    # a picture has no negative brightness, but heights are counted from a sphere
    if usual == "image" or (seen.low >= 0 and seen.high <= BRIGHTEST):
        return "image", "its values are rough and not below zero"
    if seen.dark < 0:
        return "dtm", "its values lie below zero"
    level = seen.direction < LIT and possible(seen.step / info.pixel_size_m)
    return ("dtm", "it is lit from no side, and its slopes are possible") if level else ("image", "it looks lit")
