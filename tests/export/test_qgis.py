"""A real QGIS opens the results: valid layers, the body's reference system, styles applied on load."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.image import imread

from crater_pipeline.export.depth_style import NAME
from crater_pipeline.measures.table import COLUMNS
from tests.export.small_region import Exported, export_published
from tests.export.system_qgis import run_qgis

PROBE = Path(__file__).with_name("qgis_probe.py")
LAYERS = ("craters", "centres", "catalogue", "footprint")


def look(folder: Path, uris: list[str], image: Path | None = None) -> list[dict[str, Any]]:
    report = folder / "seen.json"
    render = ["--render", str(image)] if image else []
    run_qgis(PROBE, *render, report, *uris, folder=folder)
    seen: list[dict[str, Any]] = json.loads(report.read_text())
    return seen


def layers_of(exported: Exported) -> list[str]:
    return [f"{exported['craters.gpkg']}|layername={name}" for name in LAYERS]


def test_geopackage(exported: Exported, tmp_path: Path) -> None:
    image = tmp_path / "map.png"
    seen = dict(zip(LAYERS, look(tmp_path, layers_of(exported), image), strict=True))
    assert {name: layer["features"] for name, layer in seen.items()} == {
        "craters": 4,
        "centres": 4,
        "catalogue": 4,
        "footprint": 3,
    }
    for layer in seen.values():
        assert layer["valid"]
        assert layer["crs_valid"]
        assert layer["crs"] == "IAU_2015:30100"
        assert layer["geometries_valid"]
        assert layer["renderer"] == "RuleRenderer"
        assert layer["filters_valid"]
    assert {"Matched", "Candidate", "Unverifiable"} <= set(seen["craters"]["rules"])
    assert set(seen["craters"]["symbols"]) == {"GeometryGenerator"}  # the region crosses the antimeridian
    colours = np.unique((imread(image)[..., :3] * 255).astype(np.uint8).reshape(-1, 3), axis=0)
    assert len(colours) > 5  # outlines in several colours on the background


def test_nothing_found(exported_empty: Exported, tmp_path: Path) -> None:
    for name, layer in zip(LAYERS, look(tmp_path, layers_of(exported_empty)), strict=True):
        assert set(layer["symbols"]) == {"SimpleMarker" if name == "centres" else "SimpleLine"}
        assert layer["valid"]
        assert layer["crs"] == "IAU_2015:30100"
        assert layer["features"] == (1 if name == "footprint" else 0)
        assert layer["renderer"] == "RuleRenderer"


def test_style_by_depth(exported: Exported, tmp_path: Path) -> None:
    named = pd.read_parquet(exported["craters_all.parquet"])["crater_id"]
    depths = pd.DataFrame({"crater_id": named, **{name: np.linspace(0.05, 0.3, len(named)) for name in COLUMNS}})
    depths.to_parquet(tmp_path / "depths.parquet")
    measured = export_published(exported.folder.parent, "measured", tmp_path / "depths.parquet")
    uris = [f"{measured['craters.gpkg']}|layername={layer}#{NAME}" for layer in ("craters", "centres")]
    for layer in look(tmp_path, uris):
        assert layer["valid"]
        assert layer["filters_valid"]
        assert [rule[:3] for rule in layer["rules"]] == ["d/D"] * 4 + ["no "]
    assert "Matched" in look(tmp_path, layers_of(measured))[0]["rules"]


def test_shapefiles(exported: Exported, tmp_path: Path) -> None:
    names = ("craters.shp", "small_CRATER.shp", "small_AREA.shp")
    seen = look(tmp_path, [str(exported[name]) for name in names])
    assert [layer["features"] for layer in seen] == [4, 4, 1]
    for layer in seen:
        assert layer["valid"]
        assert layer["crs"] == "IAU_2015:30100"
    assert all(len(field) <= 10 for layer in seen for field in layer["fields"])
