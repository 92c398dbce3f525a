"""Tiles of a region on disk: 8-bit images, each showing only its own part of the split."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from PIL import Image

from crater_pipeline.atomic import atomic_folder
from crater_pipeline.rasters.files import read_window
from crater_pipeline.rasters.progress import progress
from crater_pipeline.tiles.parts import Parts
from crater_pipeline.tiles.searched import share_of_tile
from crater_pipeline.tiles.splits import SPLITS

COLUMNS = ["name", "level", "row", "col", "x_off", "y_off", "size", "split", "image", "valid_fraction"]
"""Columns of `tiles.parquet`."""


def write_tiles(dataset: rasterio.DatasetReader, parts: Parts, folder: Path, min_valid_fraction: float) -> pd.DataFrame:
    """Write every tile that shows enough of its part as a PNG (0: blank) and return the rows of `tiles.parquet`.

    What belongs to another part of the split, or lies outside the bounds, is blank: no pixel is shared between
    training and test, although tiles overlap and coarse tiles are wider than a block.
    """
    with atomic_folder(folder) as temporary:
        records = list(_written_tiles(dataset, parts, temporary, min_valid_fraction))
    return pd.DataFrame(records, columns=COLUMNS)


def _written_tiles(
    dataset: rasterio.DatasetReader, parts: Parts, folder: Path, min_valid_fraction: float
) -> Iterator[tuple[object, ...]]:
    """Write the tiles; a row of `COLUMNS` for each."""
    for tile in progress(list(parts.grid.tiles()), "writing tiles"):
        if share_of_tile(tile, parts.wanted) == 0:
            continue
        part = parts.of_tile(tile)
        data = read_window(dataset, tile.window, (tile.size, tile.size))
        visible = ~np.ma.getmaskarray(data) & parts.shown(tile, part)
        share = float(visible.mean())
        if share < min_valid_fraction:
            continue
        grey = np.where(visible, np.clip(np.rint(data.data), 1, 255), 0).astype(np.uint8)
        image = f"{SPLITS[part]}_{tile.name}.png"
        Image.fromarray(grey).save(folder / image)
        position = (tile.name, tile.level, tile.row, tile.col, tile.x_off, tile.y_off, tile.size)
        yield *position, SPLITS[part], image, share
