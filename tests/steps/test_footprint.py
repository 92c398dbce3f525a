"""The step: parts of the split where something is trained, one test part where not, and nothing where nothing is."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.footprint import footprint
from crater_pipeline.steps.tile import tile
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings

BOUNDS = (-1.0, -1.0, 1.0, 1.0)
TILING = TilingSettings(size=128, overlap=32, levels=2)


def write_raster(path: Path, data: slice) -> Path:
    """400 x 400 pixels of 200 m around the origin, with data in the given rows only."""
    grey = np.zeros((400, 400), np.uint8)
    grey[data] = 100
    transform = Affine(200, 0, -40_000, 0, -200, 40_000)
    with create_raster(path, 400, 400, choose_projection(Bounds(*BOUNDS), MOON), transform, "uint8", 0) as raster:
        raster.write(grey, 1)
    return path


def searched(image: Path, split: SplitSettings | None, least: float = 0.05) -> gpd.GeoDataFrame:
    output = image.with_name("footprint.parquet")
    tiling = TILING.model_copy(update={"min_valid_fraction": least})
    footprint(image=image, output=output, bounds=BOUNDS, body=MOON, tiling=tiling, split=split)
    return gpd.read_parquet(output).set_index("split")


def test_a_region_that_is_trained_on_has_parts_and_another_is_all_test(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", slice(None))
    parts, whole = (searched(image, split) for split in (SplitSettings(block_px=128), None))
    assert set(parts.index) == {"train", "val", "test"}
    assert whole.index.tolist() == ["test"]
    km2 = MOON.radius_km**2 * np.radians(2) * 2 * np.sin(np.radians(1))
    assert [table["area_km2"].sum() for table in (parts, whole)] == pytest.approx([km2, km2], rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "least", "message"),
    [(slice(0, 20), 0.05, "no data inside the bounds"), (slice(200, 204), 0.5, "no tile holds enough data")],
)
def test_a_region_of_which_nothing_is_searched(tmp_path: Path, rows: slice, least: float, message: str) -> None:
    image = write_raster(tmp_path / "image.tif", rows)
    with pytest.raises(UserError, match=rf"image\.tif: {message}"):
        searched(image, None, least)
    tiling = TILING.model_copy(update={"min_valid_fraction": least})
    tiles, images = tmp_path / "tiles.parquet", tmp_path / "images"
    with pytest.raises(UserError, match=message):
        tile(image=image, output_tiles=tiles, output_images=images, bounds=BOUNDS, body=MOON, tiling=tiling)
    assert {path.name for path in tmp_path.iterdir()} == {"image.tif"}
