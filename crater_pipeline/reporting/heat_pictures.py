"""Heatmaps as pictures to lay over a raster, and the file that keeps them with the windows they belong to."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from crater_pipeline.reporting.pictures import webp

COLOURS = "inferno"

DARKEST = 0.35
"""Share of the colours that is left out, for the dark ones vanish on a dark raster."""

UNSEEN = 0.05


class Window(BaseModel):
    """A window of a raster: the file, the corner in pixels, and the heatmap over it as a data URI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Path
    x: int
    y: int
    heat: str | None


class HeatPictures(BaseModel):
    """`heatmaps.json`: the windows that a region's pages show, `size` pixels a side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    windows: list[Window]


def heat_picture(heatmap: NDArray[np.float32]) -> str:
    """A heatmap (h, w) in [0, 1] as a picture, the more opaque the higher; what is next to nothing is not seen."""
    colours = mpl.colormaps[COLOURS](DARKEST + (1 - DARKEST) * heatmap)
    colours[..., 3] = np.where(heatmap < UNSEEN, 0, np.sqrt(heatmap))
    return webp(np.round(255 * colours).astype(np.uint8))
