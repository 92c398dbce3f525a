"""From detections on a raster to a merged table, with craters planted on the borders of tiles."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer

from crater_pipeline.detection.merging import COLUMNS, MergingSettings
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import great_circle_km
from crater_pipeline.steps.georeference import georeference
from crater_pipeline.steps.merge import merge
from crater_pipeline.tables import METADATA_KEY
from crater_pipeline.tiles.grid import TileGrid

MOON = Body(name="moon", radius_m=1_737_400.0)
CRS_LCC = CRS.from_dict({"proj": "lcc", "lat_1": 30, "lat_2": 45, "lat_0": 37, "lon_0": 180, "R": 1_737_400.0})
SIDE = 1400
TRANSFORM = Affine(100.0, 0.0, -SIDE * 50.0, 0.0, -100.0, SIDE * 50.0)


def write_raster(path: Path, crs: CRS = CRS_LCC) -> Path:
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", **profile, crs=crs.to_wkt(), transform=TRANSFORM):
        pass
    return path


def craters_on_borders(grid: TileGrid) -> np.ndarray:
    """x, y, diameter in pixels of level 0 of craters on every border and corner of the cores, level by level.

    A crater of a level is some 24 to 47 of its pixels wide. One place holds a crater of every level: they are nested.
    """
    craters = []
    for level in range(grid.used_levels):
        scale = 1 << level
        borders = [[*(offsets[:-1] + grid.size - grid.overlap / 2), 200.0 / scale] for offsets in grid.offsets(level)]
        craters += [(x * scale, y * scale, 24.0 * 2.5**level) for x in borders[0] for y in borders[1]]
    return np.array(craters, dtype=float)


def detected(craters: np.ndarray, grid: TileGrid, random: np.random.Generator) -> pd.DataFrame:
    """What a network reports: every tile of every level that holds a crater's centre, each a little off."""
    rows = []
    for tile in grid.tiles():
        x, y = tile.from_level0(craters[:, 0], craters[:, 1])
        size = craters[:, 2] / tile.scale
        for i in np.flatnonzero((x > 0) & (x < grid.size) & (y > 0) & (y < grid.size) & (size > 5)):
            at = np.array([x[i], y[i]]) + random.normal(0, min(0.04 * size[i], 1.0), 2)
            side = size[i] * np.exp(random.normal(0, 0.03))
            distance = float(grid.core_distance(tile, *at))
            where = (tile.level, tile.row, tile.col, tile.x_off, tile.y_off)
            rows.append((*where, *at, side, side, random.uniform(0.3, 0.9), distance))
    columns = ["level", "tile_row", "tile_col", "x_off", "y_off", "x", "y", "width", "height", "score", "core_distance"]
    return pd.DataFrame(rows, columns=columns).assign(touches_edge=False)


def some_detections() -> pd.DataFrame:
    grid = TileGrid(SIDE, SIDE, size=256, overlap=64, levels=1)
    return detected(craters_on_borders(grid), grid, np.random.default_rng(3))


@pytest.fixture
def footprint(tmp_path: Path) -> Path:
    box = shapely.MultiPolygon([shapely.box(170, 30, 180, 45), shapely.box(-180, 30, -170, 45)])
    table = gpd.GeoDataFrame({"split": ["test"], "area_km2": [1.0]}, geometry=[box], crs=MOON.geographic_crs)
    table.to_parquet(tmp_path / "footprint.parquet")
    return tmp_path / "footprint.parquet"


def run(folder: Path, detections: pd.DataFrame, footprint: Path) -> pd.DataFrame:
    table = pa.Table.from_pandas(detections, preserve_index=False)
    facts = {**table.schema.metadata, METADATA_KEY: json.dumps({"weights_hash": "abc"}).encode()}
    pq.write_table(table.replace_schema_metadata(facts), folder / "detections.parquet")
    image = write_raster(folder / "image.tif")
    georeference(
        detections=folder / "detections.parquet", image=image, output=folder / "georeferenced.parquet", body=MOON
    )
    merge(
        craters=[folder / "georeferenced.parquet"],
        footprint=footprint,
        output=folder / "merged.parquet",
        body=MOON,
        settings=MergingSettings(),
    )
    assert len(pd.read_parquet(folder / "georeferenced.parquet")) == len(detections)
    return pd.read_parquet(folder / "merged.parquet")


@pytest.mark.parametrize("levels", [1, 3, 8])
def test_craters_on_borders_and_corners_come_out_once(tmp_path: Path, footprint: Path, levels: int) -> None:
    """Across the antimeridian, too: the map's middle is at 180 degrees. With one level no other makes up for a loss."""
    grid = TileGrid(SIDE, SIDE, size=256, overlap=64, levels=levels)
    craters = craters_on_borders(grid)
    detections = detected(craters, grid, np.random.default_rng(3))
    assert len(detections) > 2 * len(craters)
    merged = run(tmp_path, detections, footprint)
    to_degrees = Transformer.from_crs(CRS_LCC, MOON.geographic_crs, always_xy=True)
    lon, lat = to_degrees.transform(
        TRANSFORM.a * craters[:, 0] + TRANSFORM.c, TRANSFORM.e * craters[:, 1] + TRANSFORM.f
    )
    found_lon, found_lat, found_km = (merged[name].to_numpy() for name in ("lon", "lat", "diameter_km"))
    distance = great_circle_km(np.asarray(lon)[:, None], np.asarray(lat)[:, None], found_lon, found_lat, MOON)
    size_ratio = found_km / (craters[:, 2:] * 0.1)  # the map's scale is within 2 % of 1 there
    same = (distance < 0.15 * found_km) & (np.abs(np.log(size_ratio)) < np.log(1.4))
    assert same.sum(axis=1).tolist() == [1] * len(craters)  # none is lost, none comes twice
    assert same.sum(axis=0).tolist() == [1] * len(merged)  # nothing is invented
    assert merged["lon"].min() < -179
    assert merged["lon"].max() > 179
    shuffled = run(tmp_path, detections.sample(frac=1, random_state=1), footprint)
    pd.testing.assert_frame_equal(shuffled, merged)


def test_no_detection_at_all(tmp_path: Path, footprint: Path) -> None:
    merged = run(tmp_path, some_detections().iloc[:0], footprint)
    assert merged.empty
    assert merged.columns.tolist() == COLUMNS
    assert merged.attrs == {"weights_hash": "abc"}


def test_a_raster_of_another_sphere_is_refused(tmp_path: Path) -> None:
    some_detections().to_parquet(tmp_path / "detections.parquet")
    image = write_raster(tmp_path / "image.tif", CRS.from_dict({"proj": "merc", "R": 1_737_151.3}))
    with pytest.raises(UserError, match=r"image\.tif: .*1737151\.3"):
        georeference(
            detections=tmp_path / "detections.parquet", image=image, output=tmp_path / "out.parquet", body=MOON
        )
    assert not (tmp_path / "out.parquet").exists()


def test_missing_and_foreign_tables_are_named(tmp_path: Path, footprint: Path) -> None:
    (tmp_path / "text.parquet").write_text("not a table")
    pd.DataFrame({"lon": [1.0]}).to_parquet(tmp_path / "lacking.parquet")
    for name, message in (("none", "no such table"), ("text", "not a table"), ("lacking", "lacks the columns lat")):
        with pytest.raises(UserError, match=rf"{name}\.parquet: {message}"):
            merge(
                craters=[tmp_path / f"{name}.parquet"],
                footprint=footprint,
                output=tmp_path / "out.parquet",
                body=MOON,
                settings=MergingSettings(),
            )
