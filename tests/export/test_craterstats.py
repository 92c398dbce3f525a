"""Files for dating: right in themselves, and read by the real CraterStats where it is installed."""

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from crater_pipeline.export.craterstats import rim_vertices, searched_area
from crater_pipeline.sphere.craters import destination, great_circle_km, unit_vectors
from tests.export.small_region import MOON, Exported, box_area_km2, catalogue_of, craters_of, footprint_of, run_export


def ring_area_km2(ring: shapely.LinearRing) -> float:
    """Area of a ring of great-circle edges on the sphere (signed angles of the triangles with the first vertex)."""
    corners = unit_vectors(*shapely.get_coordinates(ring)[:-1].T)
    a, b, c = corners[0], corners[1:-1], corners[2:]
    triple = np.einsum("ij,ij->i", np.cross(a, b), c)
    excess = 2 * np.arctan2(triple, 1 + b @ a + c @ a + np.einsum("ij,ij->i", b, c))
    return abs(float(excess.sum())) * MOON.radius_km**2


def polygon_area_km2(polygon: shapely.Polygon) -> float:
    return ring_area_km2(polygon.exterior) - sum(ring_area_km2(hole) for hole in polygon.interiors)


def test_parts_are_dissolved_across_the_antimeridian() -> None:
    boxes = {"train": [(-180.0, 8.0, -176.0, 17.0)], "test": [(172.0, 8.0, 180.0, 12.0), (172.0, 12.0, 180.0, 17.0)]}
    area = searched_area(footprint_of(boxes), MOON)
    assert len(area) == 1
    west, south, east, north = area[0].bounds
    assert (east - west, south, north) == pytest.approx((12.0, 8.0, 17.0))
    assert polygon_area_km2(area[0]) == pytest.approx(box_area_km2(172, 8, 184, 17), rel=1e-5)
    edges = np.abs(np.diff(shapely.get_coordinates(area[0].exterior), axis=0)).max()
    assert edges <= 0.2501


def test_holes_are_kept_and_specks_are_not() -> None:
    footprint = footprint_of({"test": [(0, 0, 4, 4)]})
    with_holes = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 2, 2) - shapely.box(3, 3, 3 + 1e-7, 3 + 1e-7)
    area = searched_area(footprint.set_geometry([with_holes], crs=footprint.crs), MOON)
    assert len(area) == 1
    assert len(area[0].interiors) == 1
    assert polygon_area_km2(area[0]) == pytest.approx(box_area_km2(0, 0, 4, 4) - box_area_km2(1, 1, 2, 2), rel=1e-5)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_an_area_around_a_pole_has_no_seam(pole: float) -> None:
    south, north = sorted([pole, 0.9 * pole])
    area = searched_area(footprint_of({"test": [(-180, south, 0, north)], "val": [(0, south, 180, north)]}), MOON)
    assert len(area) == 1
    assert len(area[0].interiors) == 0
    assert polygon_area_km2(area[0]) == pytest.approx(box_area_km2(-180, south, 180, north), rel=1e-4)


def test_nothing_searched() -> None:
    assert searched_area(footprint_of({}), MOON) == []


def test_crater_shapefile(exported: Exported) -> None:
    table = gpd.read_file(exported["small_CRATER.shp"])
    assert table["Diam_km"].tolist() == pytest.approx([10.0, 20.0, 5.0, 1.5])
    assert set(table["tag"]) == {"standard"}
    for row in table.itertuples():
        assert row.geometry.geom_type == "Polygon"  # not cut at the antimeridian
        lon, lat = shapely.get_coordinates(row.geometry).T
        assert len(lon) >= 361
        assert great_circle_km(lon, lat, row.x_coord, row.y_coord, MOON) == pytest.approx(row.Diam_km / 2, rel=1e-6)
        # CraterStats takes the diameter from the area
        from_area = (
            2 * MOON.radius_km * np.arccos(1 - ring_area_km2(row.geometry.exterior) / (2 * np.pi * MOON.radius_km**2))
        )
        assert from_area == pytest.approx(row.Diam_km, rel=1e-4)


def test_area_shapefile(exported: Exported) -> None:
    table = gpd.read_file(exported["small_AREA.shp"])
    footprint = gpd.read_parquet(exported.folder.parent / "footprint.parquet")
    assert len(table) == 1
    assert table["area"][0] == pytest.approx(footprint["area_km2"].sum(), rel=1e-9)
    total = sum(polygon_area_km2(part) for part in shapely.get_parts(table.geometry[0]))
    assert total == pytest.approx(footprint["area_km2"].sum(), rel=1e-5)
    assert exported["small_AREA.prj"].read_text() == exported["small_CRATER.prj"].read_text()


def rows_of(text: str, name: str) -> tuple[list[str], list[list[str]]]:
    """Column names and rows of a block `name = {columns / rows / }`."""
    found = re.search(rf"^{name} = {{(.*?)\n(.*?)^}}", text, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    rows = [line.split() for line in found[2].splitlines() if line and not line.startswith("#")]
    return found[1].split(", "), rows


def test_diam_and_scc(exported: Exported) -> None:
    area_km2 = gpd.read_parquet(exported.folder.parent / "footprint.parquet")["area_km2"].sum()
    diam, scc = exported["small.diam"].read_text(), exported["small.scc"].read_text()
    names, rows = rows_of(diam, "crater")
    assert names == ["diameter", "fraction", "lon", "lat"]
    assert [float(row[0]) for row in rows] == pytest.approx([10.0, 20.0, 5.0, 1.5])
    assert {row[1] for row in rows} == {"1"}
    assert float(re.search(r"^area = (\S+)$", diam, flags=re.MULTILINE)[1]) == pytest.approx(area_km2)  # type: ignore[index]
    names, rows = rows_of(scc, "crater")
    assert names == ["diam", "fraction", "lon", "lat", "topo_scale_factor"]
    assert len(rows) == 4
    names, boundary = rows_of(scc, "unit_boundary")
    assert names == ["vertex", "sub_area", "tag", "lon", "lat"]
    assert [int(row[0]) for row in boundary] == list(range(1, len(boundary) + 1))
    ring = shapely.LinearRing([(float(row[3]), float(row[4])) for row in boundary])
    assert ring_area_km2(ring) == pytest.approx(area_km2, rel=1e-5)
    assert float(re.search(r"^Total_area = (\S+) <km\^2>$", scc, flags=re.MULTILINE)[1]) == pytest.approx(area_km2)  # type: ignore[index]
    assert "a_axis_radius = 1737.4 <km>" in scc


def test_no_craters(exported_empty: Exported) -> None:
    assert rows_of(exported_empty["small.diam"].read_text(), "crater")[1] == []
    assert len(gpd.read_file(exported_empty["small_CRATER.shp"])) == 0
    assert len(gpd.read_file(exported_empty["small_AREA.shp"])) == 1


@pytest.fixture(scope="module", params=[10.0, 180.0], ids=["plain", "antimeridian"])
def populated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A cumulative power law of slope -3 over a footprint with a hole, in the middle of the map and at its edge."""
    random = np.random.default_rng(7)
    middle, count = request.param, 2000
    azimuth, distance_km = random.uniform(0, 360, count), 150 * np.sqrt(random.uniform(0, 1, count))
    lon, lat = destination(middle, 30.0, azimuth, distance_km, MOON)
    diameter_km = (1 - random.uniform(0, 1, count)) ** (-1 / 3)
    craters = craters_of(lon.tolist(), lat.tolist(), diameter_km.tolist(), [0.9] * count)
    boxes = [(-10, 24, 0, 30), (0, 24, 10, 30), (-10, 30, -1, 36), (1, 30, 10, 36), (-1, 31, 0, 36), (0, 31, 1, 36)]
    shift = [middle if middle + east <= 180 else middle - 360 for _, _, east, _ in boxes]
    moved = [
        (west + by, float(south), east + by, float(north))
        for (west, south, east, north), by in zip(boxes, shift, strict=True)
    ]
    folder = tmp_path_factory.mktemp("craterstats")
    return run_export(folder, craters, catalogue_of([], [], []), footprint_of({"test": moved}))


def test_real_craterstats_dates_the_surface(populated: Exported, tmp_path: Path) -> None:
    program = os.environ.get("CRATERSTATS") or shutil.which("craterstats")
    if not program:
        pytest.skip("CraterStats is not installed (set CRATERSTATS to what .ci/craterstats prints, or put it on PATH)")
    ages = {}
    for source in ("small_CRATER.shp", "small.diam", "small.scc"):
        out = tmp_path / source
        command = [
            program,
            "-cs",
            "neukum2001",
            "-ep",
            "moon",
            "-pr",
            "differential",
            "-p",
            f"source={populated[source]}",
        ]
        command += ["-p", "type=poisson,range=[1.5,10],isochron=1", "-o", str(out), "-f", "png", "csv"]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "Agg"}, check=False
        )
        assert done.returncode == 0, done.stderr
        with out.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as stream:
            row = list(csv.reader(stream))[-1]
        ages[source] = tuple(float(value) for value in (row[1], row[8], row[10]))
        assert out.with_suffix(".png").stat().st_size > 10_000
    area, _, age = ages["small.diam"]
    assert 1.0 < age < 4.5
    for other_area, _, other_age in ages.values():
        assert other_area == pytest.approx(area, rel=1e-3)
        assert other_age == pytest.approx(age, abs=0.02)


@pytest.mark.parametrize("count", [0, 1, 370_000, 1_000_000, 3_000_000])
def test_rims_are_as_fine_as_the_format_allows(count: int) -> None:
    vertices = rim_vertices(count)
    assert 100 + 100 + count * (56 + 16 * (vertices + 1)) < 2**31 + 200
    assert vertices == 360 or count > 350_000
    assert vertices >= 36
