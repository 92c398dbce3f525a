"""The command on a real GeoPackage: edited as a GIS edits it, read back as a catalogue."""

import json
import re
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.styles import styles
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import circle_polygons
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.review import review
from tests.export.small_region import catalogue_of, craters_of, footprint_of

KNOWN = catalogue_of([0, 1, 179.9, 40], [0, 0, 1, 0], [10, 11, 12, 13])

KNOWN_POINTS = gpd.GeoDataFrame(KNOWN, geometry=gpd.points_from_xy(KNOWN["lon"], KNOWN["lat"]), crs=MOON.geographic_crs)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Detections of K0, K1 and, across the antimeridian, K2, and a candidate; K3 lies outside."""
    craters = craters_of([0, 1, 179.9, 0.5], [0, 0, 1, 0.5], [10, 11, 12, 5], [0.9, 0.8, 0.7, 0.6])
    craters = craters.assign(status="matched", catalogue_id=pd.Series(["K0", "K1", "K2", None]))
    footprint = footprint_of({"test": [(-2, -2, 2, 2), (178, -2, 180, 2)]})
    listed = KNOWN.iloc[:3].assign(found=True)
    path = tmp_path / "craters.gpkg"
    write_geopackage(path, region_layers(craters, footprint, listed, MOON, 72), styles(), [], MOON)
    KNOWN.to_parquet(tmp_path / "catalogue.parquet", index=False)
    return path


def edit(path: Path, layer: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    pyogrio.write_dataframe(change(gpd.read_file(path, layer=layer)), path, layer=layer, driver="GPKG")


def command(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = ["review", str(path), "--output", str(path.parent / "out.csv"), *options]
    return subprocess.run(
        [sys.executable, "-m", "crater_pipeline.cli", *arguments], capture_output=True, text=True, check=False
    )


def catalogue(path: Path, *options: str) -> pd.DataFrame:
    done = command(path, *options)
    assert done.returncode == 0, done.stderr
    return read_catalogue(path.parent / "out.csv", "table", MOON).set_index("catalogue_id")


def test_an_untouched_file_is_the_catalogue_and_the_candidates(written: Path) -> None:
    table = catalogue(written)
    assert table.index.tolist() == ["K3", "K2", "K1", "K0", "C+000.50000+000.50000-D0005.00"]
    assert table["diameter_km"].tolist() == [13, 12, 11, 10, 5]
    assert "K3" not in catalogue(written, "--catalogue", str(without_k3(written))).index
    assert len(catalogue(written, "--only-accepted")) == 4


def without_k3(written: Path) -> Path:
    path = written.with_name("other.parquet")
    KNOWN.iloc[:3].to_parquet(path, index=False)
    return path


def test_without_the_region_s_other_files(written: Path) -> None:
    written.with_name("catalogue.parquet").unlink()
    assert catalogue(written).index.tolist() == ["K2", "K1", "K0", "C+000.50000+000.50000-D0005.00"]


def test_moved_drawn_deleted_and_rejected(written: Path) -> None:
    def change(craters: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        craters.loc[0, "review"] = "reject"
        craters.loc[2, "geometry"] = shapely.MultiPolygon(
            list(shapely.get_parts(circle_polygons([179.8], [1.1], [15], MOON)))
        )
        drawn = gpd.GeoDataFrame(geometry=circle_polygons([-1], [-1], [3], MOON), crs=craters.crs)
        drawn["geometry"] = [shapely.MultiPolygon([shape]) for shape in drawn.geometry]
        return pd.concat([craters.drop(3), drawn])

    edit(written, "craters", change)
    done = command(written)
    said = " ".join(done.stderr.split())
    for fate in ("1 craters added", "1 detections moved or reshaped", "1 detections rejected", "1 detections deleted"):
        assert fate in said
    table = catalogue(written)
    assert table.index.tolist() == ["K2", "K3", "K1", "C-001.00000-001.00000-D0003.00"]
    moved = table[table.index == "K2"][["lon", "lat", "diameter_km"]].to_numpy()[0]
    assert moved == pytest.approx([179.8, 1.1, 15], abs=1e-4)
    assert pd.read_csv(written.with_name("out.csv"))["origin"].tolist() == [
        "detection, moved",
        "catalogue",
        "catalogue",
        "added",
    ]


def test_a_shape_far_from_a_circle_is_pointed_out(written: Path) -> None:
    def change(craters: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        craters.loc[1, "geometry"] = shapely.MultiPolygon([shapely.box(0.5, -0.1, 1.5, 0.1).segmentize(0.1)])
        return craters

    edit(written, "craters", change)
    assert "look at 1 rows with a shape far from a circle (fid 2" in " ".join(command(written).stderr.split())


def well_known_binary(kind: int, *members: bytes) -> bytes:
    return struct.pack("<BII", 1, kind, len(members)) + b"".join(members)


def arcs(lon: float, lat: float, radius: float) -> bytes:
    """A circular string, as QGIS's circle tools draw."""
    corners = [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]
    return well_known_binary(8, *(struct.pack("<dd", lon + x * radius, lat + y * radius) for x, y in corners))


CURVES: dict[str, Callable[..., bytes]] = {
    "curve polygon": lambda *circle: well_known_binary(10, arcs(*circle)),
    "compound curve": lambda *circle: well_known_binary(10, well_known_binary(9, arcs(*circle))),
    "multi-surface": lambda *circle: well_known_binary(12, well_known_binary(10, arcs(*circle))),
}


def test_circles_made_of_arcs(written: Path) -> None:
    degree_km = np.pi * MOON.radius_km / 180
    with closing(sqlite3.connect(written)) as database, database:
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
            database.create_function(f"ST_{name}", 1, lambda shape: 0)
        (system,) = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
        header = b"GP" + struct.pack("<BBi", 0, 1, system)
        for lat, curve in enumerate(CURVES.values(), start=-1):
            database.execute("INSERT INTO craters (geom) VALUES (?)", (header + curve(-1, lat, 0.05),))
    drawn = catalogue(written, "--only-accepted").drop(["K0", "K1", "K2", "K3"]).sort_values("lat")
    assert drawn["lon"].tolist() == pytest.approx([-1, -1, -1], abs=1e-4)
    assert drawn["lat"].tolist() == pytest.approx([-1, 0, 1], abs=1e-4)
    assert drawn["diameter_km"].tolist() == pytest.approx([0.1 * degree_km] * 3, rel=1e-3)


def test_heights_and_another_projection_change_nothing(written: Path) -> None:
    expected = catalogue(written)
    crs = choose_projection(Bounds(-3, -3, 3, 3), MOON)
    for layer in ("craters", "catalogue"):
        table = gpd.read_file(written, layer=layer).to_crs(crs)
        pyogrio.write_dataframe(
            table.set_geometry(shapely.force_3d(table.geometry)), written, layer=layer, driver="GPKG"
        )
    pd.testing.assert_frame_equal(catalogue(written), expected, rtol=1e-6)


def drop(column: str) -> Callable[[Path], None]:
    return lambda path: edit(path, "craters", lambda craters: craters.drop(columns=column))


def mark(path: Path) -> None:
    edit(path, "craters", lambda craters: craters.assign(review="perhaps"))


def another(path: Path) -> None:
    path.unlink()
    pyogrio.write_dataframe(KNOWN_POINTS, path, layer="points", driver="GPKG")


def renamed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_contents SET table_name = 'Krater' WHERE table_name = 'craters'")
        database.execute("UPDATE gpkg_geometry_columns SET table_name = 'Krater' WHERE table_name = 'craters'")
        database.execute("DROP TRIGGER IF EXISTS rtree_craters_geom_update7")
        database.execute("PRAGMA legacy_alter_table = ON")
        database.execute("ALTER TABLE craters RENAME TO Krater")


def without_shapes(path: Path) -> None:
    table = pd.DataFrame(gpd.read_file(path, layer="craters").drop(columns="geometry"))
    pyogrio.write_dataframe(table, path, layer="craters", driver="GPKG")


def without_reference_system(path: Path) -> None:
    edit(path, "catalogue", lambda table: table.set_crs(None, allow_override=True))


def on_earth(path: Path) -> None:
    edit(path, "catalogue", lambda table: table.set_crs("EPSG:4326", allow_override=True))


def a_line(path: Path) -> None:
    def change(craters: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        craters.loc[2, "geometry"] = shapely.LineString([(0, 0), (1, 1)])
        return craters

    edit(path, "craters", change)


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda path: path.unlink(), "no such file"),
    "no GeoPackage": (lambda path: path.write_text("text"), "cannot be read"),
    "another one": (
        another,
        "has no layer 'craters'",
    ),
    "a column less": (drop("crater_id"), "layer craters lacks the columns crater_id"),
    "a layer renamed": (renamed, "has no layer 'craters', only"),
    "a layer without shapes": (without_shapes, "layer craters has no shapes"),
    "no reference system": (
        without_reference_system,
        "layer catalogue has no coordinate reference system; set it in QGIS",
    ),
    "on Earth": (on_earth, "layer catalogue: stands on an ellipsoid of 6378137.0"),
    "a line": (a_line, "layer craters: row 3 has a shape that is no crater's outline"),
    "an unknown mark": (mark, "'perhaps' is not known"),
}


@pytest.mark.parametrize(("spoil", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message(written: Path, spoil: Callable[[Path], object], message: str) -> None:
    spoil(written)
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        review(written, output=written.with_name("out.csv"))
    assert "\n" not in str(caught.value)
    assert not written.with_name("out.csv").exists()


def test_another_body_is_refused(written: Path) -> None:
    done = command(written, "--body", json.dumps({"name": "mars", "radius_m": 3396190}))
    assert done.returncode == 1
    assert "layer craters: stands on an ellipsoid of 1737400.0 x 1737400.0 m, but body 'mars'" in done.stderr
