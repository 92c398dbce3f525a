"""Cut a region's raster into tiles and write down what will be searched."""

from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import info_of, open_raster, valid_mask
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.tiles.footprint import CELL_PX, footprint
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.tiles.writing import TOO_LITTLE, Parts, write_tiles


def tile(
    *,
    image: Path,
    output_tiles: Path,
    output_images: Path,
    output_footprint: Path,
    bounds: tuple[float, float, float, float],
    body: Body,
    tiling: TilingSettings,
    split: SplitSettings,
    trained: bool = True,
) -> None:
    """Write 8-bit tiles of every level, their table, and the searched area.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain, 8-bit.
    output_tiles
        Table of the tiles (Parquet).
    output_images
        Folder for the tiles (PNG, 0 is blank).
    output_footprint
        Searched area by part of the split (GeoParquet).
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    trained
        Whether the region is trained on; if not, all of it is the test part.
    """
    area = Bounds(*bounds)
    valid = valid_mask(image, CELL_PX)
    with open_raster(image) as dataset:
        info = info_of(dataset, image)
        parts = Parts(info, valid, area, body, tiling, split, trained)
        if not parts.wanted.any():
            raise UserError(f"{image}: no data inside the bounds {list(area)}; check regions.<name>.bounds")
        if not (parts.wanted & parts.searched).any():
            raise UserError(f"{image}: {TOO_LITTLE}")
        tiles = write_tiles(dataset, parts, output_images, tiling.min_valid_fraction)
    with atomic_path(output_tiles) as temporary:
        tiles.to_parquet(temporary, index=False)
    with atomic_path(output_footprint) as temporary:
        footprint(info, parts.searched, parts.split, area, body).to_parquet(temporary, index=False)


if __name__ == "__main__":
    run(tile)
