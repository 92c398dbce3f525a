"""Depths from rasters: known shapes, true ground distances, any projection, what cannot be told."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from rasterio.windows import Window

from crater_pipeline.measures import placing
from crater_pipeline.measures.depths import TerrainModel, measure_depths
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.measures.table import COLUMNS, with_depths
from crater_pipeline.rasters import source_values
from crater_pipeline.rasters.files import read_window
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.reading import Reading
from crater_pipeline.simulation.known import known_craters
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.circle_fitting import fit_boxes
from crater_pipeline.sphere.craters import destination
from crater_pipeline.sphere.projections import choose_projection
from tests.measures.terrain import (
    ANY_SIZE,
    DEPTH_M,
    RIM_M,
    crater,
    grid_around,
    lonlats,
    measured,
    table,
    write_terrain,
)
from tests.measures.terrain import write_heights as write

LON, LAT, D = 20.0, 40.0, 8.0
PIXEL_M = 100.0
LOCAL = choose_projection(Bounds(15, 35, 25, 45), MOON)


@pytest.fixture(scope="module")
def bowl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One crater in the middle of 260 x 260 pixels of 100 m."""
    grid = grid_around(LON, LAT, LOCAL, PIXEL_M, 260)
    return write_terrain(tmp_path_factory.mktemp("bowl") / "bowl.tif", grid, crater(LON, LAT, D))


@pytest.mark.parametrize(
    ("blur_px", "noise_m", "size_px", "ratio", "scatter"),
    [(0.0, 0.0, 12, (0.93, 1.0), 0.06), (0.0, 0.0, 40, (0.95, 1.0), 0.04), (3.6, 6.0, 30, (0.75, 0.9), 0.09)],
    ids=["sharp, small", "sharp", "as GLD100"],
)
def test_simulated_craters_of_known_depth(
    tmp_path: Path, blur_px: float, noise_m: float, size_px: float, ratio: tuple[float, float], scatter: float
) -> None:
    """On rough and sloping ground, with circles off by a few percent; docs/depth.md has the whole table."""
    settings = SimulationSettings(dtm_blur_px=blur_px, dtm_noise_m=noise_m)
    known = known_craters(size_px, PIXEL_M, 5, 3, settings, rough_m=20.0, slope=(0.05, 0.02))
    grid = grid_around(0.0, 0.0, choose_projection(Bounds(-5, -5, 5, 5), MOON), PIXEL_M, len(known.elevation_m))
    write(tmp_path / "known.tif", grid, known.elevation_m.astype(float))
    rng = np.random.default_rng(0)
    size = known.diameter_px * (1 + 0.04 * rng.standard_normal(25))
    x, y = (each + 0.03 * size * rng.standard_normal(25) for each in (known.x, known.y))
    lon, lat, diameter_km = fit_boxes(np.column_stack([x, y, size, size]), grid.transform, grid.crs, MOON)
    found = measured(tmp_path / "known.tif", table(lon, lat, diameter_km))
    ratios = found["depth_m"] / known.depth_m
    assert ratio[0] < ratios.median() < ratio[1]
    low, high = ratios.quantile([0.16, 0.84])
    assert (high - low) / 2 < scatter
    if blur_px == 0:
        off = (found["depth_m"] - ratios.median() * known.depth_m) / found["depth_sd_m"]
        assert 0.5 < (off.abs() < 1).mean() <= 1.0


def test_depth_over_diameter_carries_the_diameters_error(bowl: Path) -> None:
    craters = table([LON] * 2, [LAT] * 2, [D] * 2).assign(diameter_sigma_km=[np.nan, 0.1 * D])
    found = measured(bowl, craters)
    assert found.columns.tolist() == COLUMNS
    assert found["depth_m"].tolist() == pytest.approx([DEPTH_M] * 2, rel=0.03)
    assert found["rim_height_m"].tolist() == pytest.approx([RIM_M] * 2, rel=0.05)
    ratio = found["depth_to_diameter"]
    assert ratio.tolist() == pytest.approx((found["depth_m"] / (1000 * D)).tolist())
    known, doubtful = found["depth_to_diameter_sd"]
    assert known == pytest.approx(found["depth_sd_m"][0] / (1000 * D))
    assert doubtful == pytest.approx(np.hypot(known, 0.1 * ratio[1]))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_raster_turned_by_quarters_gives_the_same(tmp_path: Path, quarters: int) -> None:
    """At the equator, where Mercator's north is up and its scale is even."""
    grid = grid_around(0.0, 0.0, choose_projection(Bounds(-5, -5, 5, 5), MOON), PIXEL_M, 240)
    ground = np.random.default_rng(0).normal(0, 8, grid.shape)
    heights = ground + 0.5 * np.arange(240) + crater(0.0, 0.0, D)(*lonlats(grid))
    first, turned = (
        measured(write(tmp_path / f"{k}.tif", grid, np.rot90(heights, k)), table(0, 0, D)) for k in (0, quarters)
    )
    assert turned["depth_m"][0] == pytest.approx(first["depth_m"][0], rel=1e-3)
    assert turned["rim_height_m"][0] == pytest.approx(first["rim_height_m"][0], rel=1e-2)


@pytest.mark.parametrize(
    ("lat", "crs", "pixel"),
    [
        (60.0, MOON.geographic_crs, 0.004),
        (-70.0, MOON.geographic_crs, 0.004),
        (60.0, CRS.from_dict({"proj": "eqc", "R": MOON.radius_m}), 120.0),
        (60.0, CRS.from_dict({"proj": "laea", "lat_0": 60, "lon_0": LON, "R": MOON.radius_m}), 120.0),
        (89.9, CRS.from_dict({"proj": "stere", "lat_0": 90, "R": MOON.radius_m}), 120.0),
    ],
    ids=["degrees", "degrees in the south", "cylindrical", "equal area", "around a pole"],
)
def test_distances_are_those_on_the_ground_whatever_the_map(tmp_path: Path, lat: float, crs: CRS, pixel: float) -> None:
    grid = grid_around(LON, lat, crs, pixel, 420)
    found = measured(write_terrain(tmp_path / "t.tif", grid, crater(LON, lat, D)), table(LON, lat, D))
    assert found["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.04)
    assert found["rim_height_m"][0] == pytest.approx(RIM_M, rel=0.1)  # the crest is a cusp, which pixels cut


@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_a_raster_around_the_body_has_no_edge(tmp_path: Path, west: float) -> None:
    grid = Grid(3600, 160, Affine(0.1, 0, west, 0, -0.1, 8), MOON.geographic_crs)
    craters = table([-180.0, -0.01, 90.0], [0.5, -0.5, 0.0], [100.0] * 3)
    grounds = [crater(lon, lat, 100.0) for lon, lat in craters[["lon", "lat"]].itertuples(index=False)]
    found = measured(write_terrain(tmp_path / "t.tif", grid, *grounds), craters)
    assert found["depth_m"].tolist() == pytest.approx([DEPTH_M] * 3, rel=0.04)


def test_around_the_pole_of_a_map_of_degrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All columns of the raster hold a piece of the crater; where that is too much to read it has no depth."""
    grid = Grid(3600, 100, Affine(0.1, 0, -180, 0, -0.1, 90), MOON.geographic_crs)
    path = write_terrain(tmp_path / "t.tif", grid, crater(30.0, 89.7, 100.0))
    assert measured(path, table(30.0, 89.7, 100.0))["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.05)
    monkeypatch.setattr(placing, "LARGEST_WINDOW", 1000)
    assert measured(path, table(30.0, 89.7, 100.0)).isna().all(axis=None)


def test_large_craters_are_read_reduced_and_come_out_the_same(
    tmp_path: Path, bowl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = grid_around(LON, LAT, LOCAL, PIXEL_M / 3, 780)
    fine = write_terrain(tmp_path / "fine.tif", grid, crater(LON, LAT, D))
    read: list[tuple[int, int]] = []

    def spy(dataset: Any, window: Window, shape: tuple[int, int], reading: Reading) -> Any:
        read.append(shape)
        return read_window(dataset, window, shape, reading)

    monkeypatch.setattr(source_values, "read_window", spy)
    (found,) = measured(fine, table(LON, LAT, D)).itertuples()
    assert max(read[0]) < 250  # of 576 pixels
    (coarse,) = measured(bowl, table(LON, LAT, D)).itertuples()
    assert found.depth_m == pytest.approx(coarse.depth_m, rel=0.01)


def test_the_order_of_rows_does_not_matter(bowl: Path) -> None:
    rng = np.random.default_rng(1)
    craters = table(LON + rng.uniform(-0.4, 0.4, 30), LAT + rng.uniform(-0.3, 0.3, 30), rng.uniform(0.7, 2, 30))
    shuffled = craters.sample(frac=1, random_state=0)
    found = measured(bowl, craters)
    again = measured(bowl, shuffled, craters).set_index(shuffled.index).sort_index()
    pd.testing.assert_frame_equal(found, again)
    assert found["depth_m"].notna().sum() > 3


def test_what_the_raster_does_not_show_is_null(tmp_path: Path, bowl: Path) -> None:
    """Too few pixels, half beyond the raster, far away, no floor."""
    settings = DepthSettings(min_diameter_px=20, min_rim_height_px=79)
    edge_lon, edge_lat = destination(LON, LAT, 90.0, 12.0, MOON)
    craters = table([LON, LON, float(edge_lon), 120.0], [LAT, LAT, float(edge_lat), -40.0], [1.9, D, D, D])
    found = measured(bowl, craters, craters.iloc[:0], settings)
    assert found["depth_m"].notna().tolist() == [False, True, False, False]
    assert found.notna().nunique(axis=1).tolist() == [1, 1, 1, 1]
    grid = grid_around(LON, LAT, LOCAL, PIXEL_M, 260)
    heights = crater(LON, LAT, D)(*lonlats(grid))
    heights[112:148, 112:148] = np.nan
    assert measured(write(tmp_path / "hole.tif", grid, heights), table(LON, LAT, D)).isna().all(axis=None)


def test_small_craters_have_a_depth_and_no_rim_height(bowl: Path) -> None:
    found = measured(bowl, table(LON, LAT, D), None, DepthSettings(min_rim_height_px=90))
    assert found[COLUMNS[:2] + COLUMNS[4:]].notna().all(axis=None)
    assert found[COLUMNS[2:4]].isna().all(axis=None)


def test_sectors_that_a_neighbour_cuts_are_left_out(tmp_path: Path) -> None:
    """A crater whose rim is half gone into another: alone on the list it would come out too shallow."""
    lon, lat = destination(LON, LAT, 90.0, 4.0, MOON)
    grid = grid_around(LON, LAT, LOCAL, PIXEL_M, 400)
    both = table([LON, float(lon)], [LAT, float(lat)], [D, 0.9 * D])
    path = write_terrain(
        tmp_path / "t.tif", grid, crater(LON, LAT, D), crater(float(lon), float(lat), 0.9 * D, 5 * DEPTH_M, 0.0)
    )
    alone, aware = measured(path, both.iloc[:1], both.iloc[:1]), measured(path, both.iloc[:1], both)
    assert aware["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.05)
    assert abs(alone["depth_m"][0] / DEPTH_M - 1) > 0.15


def test_metres_are_what_the_reading_says(tmp_path: Path) -> None:
    grid = grid_around(LON, LAT, LOCAL, PIXEL_M, 260)
    km = write_terrain(tmp_path / "km.tif", grid, lambda x, y: crater(LON, LAT, D)(x, y) / 1000)
    terrain = TerrainModel(km, Reading(scale=1000.0))
    found = measure_depths(table(LON, LAT, D), table([], [], []), terrain, MOON, ANY_SIZE)
    assert found["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.03)


def test_no_craters(bowl: Path) -> None:
    found = measured(bowl, table([], [], []))
    assert found.columns.tolist() == COLUMNS
    assert len(found) == 0


def test_depths_join_craters_by_name() -> None:
    craters = pd.DataFrame({"crater_id": ["b", "a", "c"], "score": [1.0, 2.0, 3.0]})
    depths = pd.DataFrame({"crater_id": ["a", "b"], **{name: [1.0, 2.0] for name in COLUMNS}})
    joined = with_depths(craters, depths)
    assert joined["depth_m"].fillna(-1).tolist() == [2.0, 1.0, -1.0]
    assert joined.columns.tolist() == [*craters.columns, *COLUMNS]
    empty = with_depths(craters, None)
    assert empty.columns.tolist() == joined.columns.tolist()
    assert empty.dtypes.equals(joined.dtypes)
    assert empty[COLUMNS].isna().all(axis=None)
