"""Time and peak memory of the exports of 10^4 to 10^6 craters.

Run as `python benchmarks/export.py [count ...]`. Each format is written in a process of its own, so that the memory is
its own too; "of it write" is what the writing takes beyond the table of craters and the libraries.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from crater_pipeline.export import craterstats, geojson, geoparquet, shapefile
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.plain import write_csv
from crater_pipeline.export.publication import catalogue_layer
from crater_pipeline.export.styles import styles
from crater_pipeline.labels.catalogues import empty_catalogue
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crater_ids

MOON = Body(name="moon", radius_m=1_737_400.0)
COUNTS = (10_000, 100_000, 1_000_000)
VERTICES = 72


def craters(count: int, seed: int = 1) -> pd.DataFrame:
    """Published craters all over the Moon, cumulative number ~ D^-2, from 0.8 to 250 km."""
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(-180, 180, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    diameter_km = 0.8 * (1 - random.uniform(0, 0.99999, count)) ** -0.5
    return pd.DataFrame(
        {
            "crater_id": pd.Series(crater_ids(lon, lat, diameter_km), dtype="str"),
            "lon": lon,
            "lat": lat,
            "diameter_km": diameter_km,
            "score": random.uniform(0.3, 1.0, count),
            "raw_score": random.uniform(0.3, 1.0, count).astype(np.float32),
            "status": pd.Series(["candidate"] * count, dtype="str"),
            "catalogue_id": pd.Series([None] * count, dtype="str"),
            "level": np.zeros(count, dtype=np.int8),
            "diameter_px": diameter_km * 10,
            "split": pd.Series(["test"] * count, dtype="str"),
            "touches_edge": np.zeros(count, dtype=bool),
            "centre_sigma_km": 0.04 * diameter_km,
            "diameter_sigma_km": 0.08 * diameter_km,
        }
    )


def footprint() -> gpd.GeoDataFrame:
    """All of the Moon."""
    area = 4 * np.pi * MOON.radius_km**2
    whole = shapely.MultiPolygon([shapely.box(-180, -90, 180, 90)])
    return gpd.GeoDataFrame({"split": ["test"], "area_km2": [area]}, geometry=[whole], crs=MOON.geographic_crs)


def _geopackage(table: pd.DataFrame, folder: Path) -> None:
    known = catalogue_layer(empty_catalogue(), table, footprint())
    layers = region_layers(table, footprint(), known, MOON, VERTICES)
    write_geopackage(folder / "craters.gpkg", layers, styles(), [], MOON)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "GeoPackage": _geopackage,
    "GeoParquet": lambda table, folder: geoparquet.write_craters(folder / "craters.parquet", table, MOON, VERTICES),
    "GeoJSON": lambda table, folder: geojson.write_craters(folder / "craters.geojson", table, MOON, VERTICES),
    "CSV": lambda table, folder: write_csv(folder / "craters.csv", table),
    "shapefile": lambda table, folder: shapefile.write_craters(folder / "craters.shp", table, MOON, VERTICES),
    "_CRATER.shp": lambda table, folder: craterstats.write_crater_shapefile(folder / "x_CRATER.shp", table, MOON),
    ".diam": lambda table, folder: craterstats.write_diam(folder / "x.diam", table, 1e6),
    ".scc": lambda table, folder: craterstats.write_scc(folder / "x.scc", table, [shapely.box(0, 0, 9, 9)], 1e6, MOON),
}


def peak_gb() -> float:
    """Most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(name: str, count: int) -> None:
    """Print one line of the table."""
    table = craters(count)
    with tempfile.TemporaryDirectory() as folder:
        before, start = peak_gb(), time.perf_counter()
        FORMATS[name](table, Path(folder))
        seconds, peak = time.perf_counter() - start, peak_gb()
        written = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e9
    print(f"{count:>10,d} {name:>12} {seconds:>9.1f} {peak:>9.2f} {peak - before:>12.2f} {written:>9.2f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        print(
            f"{'craters':>10} {'format':>12} {'seconds':>9} {'peak GB':>9} {'of it write':>12} {'file GB':>9}",
            flush=True,
        )
        for each in [int(float(text)) for text in sys.argv[1:]] or COUNTS:
            for form in FORMATS:
                subprocess.run([sys.executable, __file__, "--one", form, str(each)], check=True)
