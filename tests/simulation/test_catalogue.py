from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.rasters.grid import Grid, apply_affine
from crater_pipeline.simulation.catalogue import ROBBINS_COLUMNS, catalogue, robbins_table
from crater_pipeline.simulation.grids import scene_grid
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import SimulatedTerrain, simulate_terrain
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import great_circle_km
from crater_pipeline.sphere.projections import choose_projection, scale_factor

MOON = Body(name="moon", radius_m=1_737_400.0)
BOUNDS = Bounds(8.0, 40.0, 11.0, 42.0)


@pytest.fixture(scope="module")
def scene() -> tuple[SimulatedTerrain, Grid]:
    grid = scene_grid(BOUNDS, 300.0, choose_projection(BOUNDS, MOON), MOON)
    return simulate_terrain(grid.shape, 300.0, 2, SimulationSettings(mare_fraction=0.0)), grid


def test_rims_are_circles_on_the_sphere(scene: tuple[SimulatedTerrain, Grid]) -> None:
    terrain, grid = scene
    table = catalogue(terrain, grid, MOON)
    order = np.argsort(-table["diameter_km"].to_numpy(), kind="stable")
    np.testing.assert_array_equal(order, np.arange(len(table)))
    to_degrees = Transformer.from_crs(grid.crs, MOON.geographic_crs, always_xy=True)
    for number in (0, len(terrain) // 2, len(terrain) - 1):
        x, y, r = terrain.x[number], terrain.y[number], terrain.diameter_px[number] / 2
        angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        east, north = apply_affine(grid.transform, x + r * np.cos(angle), y + r * np.sin(angle))
        lon, lat = to_degrees.transform(east, north)
        own_lon, own_lat = to_degrees.transform(*apply_affine(grid.transform, x, y))
        row = table.iloc[int(great_circle_km(table["lon"], table["lat"], own_lon, own_lat, MOON).argmin())]
        radius = great_circle_km(row["lon"], row["lat"], lon, lat, MOON)
        np.testing.assert_allclose(radius, row["diameter_km"] / 2, rtol=2e-3)


def test_small_craters_scale_with_the_local_point_scale(scene: tuple[SimulatedTerrain, Grid]) -> None:
    terrain, grid = scene
    table = catalogue(terrain, grid, MOON)
    last = table.iloc[-1]
    scale = float(scale_factor(grid.crs, last["lon"], last["lat"], MOON))
    assert last["diameter_km"] == pytest.approx(terrain.diameter_px.min() * 0.3 / scale, rel=1e-3)


def test_the_text_has_robbinss_form_and_reads_back(scene: tuple[SimulatedTerrain, Grid], tmp_path: Path) -> None:
    terrain, grid = scene
    table = catalogue(terrain, grid, MOON)
    path = tmp_path / "simulated_catalogue.csv"
    path.write_bytes(robbins_table(table).encode())
    lines = path.read_bytes().split(b"\r\n")
    assert lines[0].decode().split(",") == list(ROBBINS_COLUMNS)
    assert len(ROBBINS_COLUMNS) == 21
    assert len(lines) == len(table) + 2
    assert all(line.count(b",") == 20 for line in lines[:-1])
    for name in ("simulated", "robbins"):
        read = read_catalogue(path, name, MOON)
        np.testing.assert_allclose(read["lon"], table["lon"], atol=1e-6)
        np.testing.assert_allclose(read["lat"], table["lat"], atol=1e-6)
        np.testing.assert_allclose(read["diameter_km"], table["diameter_km"], atol=1e-6)
        assert read["catalogue_id"].is_unique


def test_longitudes_run_from_0_to_360() -> None:
    craters = pd.DataFrame(
        {"lon": [-0.25, 179.5, -1e-9], "lat": [0.0] * 3, "diameter_km": [1.0] * 3, "arc_fraction": 1}
    )
    lines = robbins_table(craters).splitlines()[1:]
    assert [float(line.split(",")[2]) for line in lines] == [359.75, 179.5, 0.0]


def test_no_craters_give_a_header_alone() -> None:
    empty = pd.DataFrame({"lon": [], "lat": [], "diameter_km": [], "arc_fraction": []})
    assert robbins_table(empty) == ",".join(ROBBINS_COLUMNS) + "\r\n"
