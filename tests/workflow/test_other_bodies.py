"""A small region of Mars and one of Mercury, from the simulation to the report, by the shipped configuration."""

import json
import re

import geopandas as gpd
import pytest
import shapely
import yaml
from pyproj import Geod

from tests.workflow.conftest import Checkout, copy_checkout

pytestmark = pytest.mark.slow

BODIES = {"mars": (3_396_190.0, "49900"), "mercury": (2_440_530.0, "19900")}
SHIPPED = "config/other_bodies.yaml"
TARGETS = [f"results/{name}/{file}" for name in BODIES for file in ("craters.gpkg", "report.html")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The shipped regions with a part of their ground, on coarser pixels."""
    checkout = copy_checkout(tmp_path_factory.mktemp("bodies"))
    small: dict[str, dict[str, dict[str, object]]] = {"mosaics": {}, "regions": {}}
    for name, region in yaml.safe_load((checkout.folder / SHIPPED).read_text())["regions"].items():
        west, south = region["bounds"][:2]
        small["mosaics"][name] = {
            "pixel_size_m": 200,
            "bounds": [west, south, west + 1.2, south + 1.2],
            "simulation": {"margin_px": 0, "max_diameter_km": 15},
        }
        small["regions"][name] = {
            "bounds": [west + 0.2, south + 0.2, west + 1.0, south + 1.0],
            "depth": {"min_diameter_px": 6, "min_rim_height_px": 6},
            "reprojection": {"margin_px": 16},
            "tiling": {"size": 256, "overlap": 64, "levels": 1},
        }
    (checkout.folder / "small.yaml").write_text(yaml.safe_dump(small))
    checkout.snakemake("--configfile", SHIPPED, "small.yaml", "--", *TARGETS)
    return checkout


@pytest.mark.parametrize("name", BODIES)
def test_results_stand_on_the_bodys_sphere(finished: Checkout, name: str) -> None:
    radius_m, code = BODIES[name]
    results, geod = finished.folder / "results" / name, Geod(a=radius_m, b=radius_m)
    craters, footprint = (gpd.read_file(results / "craters.gpkg", layer=layer) for layer in ("craters", "footprint"))
    assert len(craters) > 10
    assert craters.crs.to_authority() == footprint.crs.to_authority() == ("IAU_2015", code)
    for row in craters.itertuples():
        lon, lat = shapely.get_coordinates(row.geometry)[0]
        assert geod.inv(row.lon, row.lat, lon, lat)[2] == pytest.approx(500 * row.diameter_km, rel=1e-5)
    area_km2 = sum(abs(geod.geometry_area_perimeter(part)[0]) for part in footprint.geometry) / 1e6
    assert footprint["area_km2"].sum() == pytest.approx(area_km2, rel=1e-3)
    found = re.search(r"^Total_area = (\S+) <km\^2>$", (results / f"{name}.scc").read_text(), re.MULTILINE)
    assert found is not None
    assert float(found[1]) == pytest.approx(area_km2, rel=1e-3)


@pytest.mark.parametrize("name", BODIES)
def test_the_shipped_weights_find_craters_there(finished: Checkout, name: str) -> None:
    results = finished.folder / "results" / name
    metrics = json.loads((results / "metrics.json").read_text())
    assert metrics["body"]["radius_m"] == BODIES[name][0]
    # some fifteen craters: of those that the network is sure of most must be known, how good it is shows on more
    sure = gpd.read_file(results / "craters.gpkg", layer="craters").query("score > 0.8")
    assert len(sure) > 4
    assert (sure["status"] == "matched").mean() > 0.7
    assert f"A simulated {name.capitalize()}" in (results / "report.html").read_text()
