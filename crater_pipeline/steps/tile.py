"""Cut a region's raster into tiles."""

from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.rasters.files import open_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile, TileFolder
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.parts import Parts
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.tiles.writing import write_tiles


def tile(
    *,
    image: Path,
    output_tiles: ParquetFile,
    output_images: TileFolder,
    bounds: tuple[float, float, float, float],
    body: Body,
    tiling: TilingSettings,
    split: SplitSettings | None = None,
) -> None:
    """Write 8-bit tiles of every level, and their table.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain, 8-bit.
    output_tiles
        Table of the tiles (Parquet).
    output_images
        Folder for the tiles (PNG, 0 is blank).
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    split
        How the region is divided; without it all of it is the test part, as where nothing is trained.
    """
    parts = Parts.of_raster(image, Bounds(*bounds), body, tiling, split)
    with open_raster(image) as dataset:
        tiles = write_tiles(dataset, parts, output_images, tiling.min_valid_fraction)
    with atomic_path(output_tiles) as temporary:
        tiles.to_parquet(temporary, index=False)


if __name__ == "__main__":
    run(tile)
