"""calibrate, evaluate and report, one after another, on a made-up region and its picture."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from affine import Affine

from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.measures.table import COLUMNS
from crater_pipeline.models.scores import Calibration
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.reporting.heat_pictures import heat_picture
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.calibrate import calibrate
from crater_pipeline.steps.evaluate import evaluate
from crater_pipeline.steps.report import report
from tests.judged_region import MOON, Region

WEIGHTS = {
    "backbone": "hourglass_compact",
    "hash": "0123abcd",
    "threshold": 0.35,
    "calibration": {"kind": "identity", "raw": [], "calibrated": []},
    "pixel_size_range_m": [50.0, 500.0],
    "diameter_range_px": [8.0, 128.0],
    "training": {"epochs": 12, "initial": "none", "loss": {"last": 0.123456}, "note": "<b>bold</b> & more"},
}


def heatmaps_of(image: Path) -> dict[str, Any]:
    """Two windows of the picture, of which the first has a heatmap."""
    corner = {"image": str(image), "x": 0, "y": 0, "heat": heat_picture(np.eye(128, dtype=np.float32))}
    return {"size": 512, "windows": [corner, {"image": str(image), "x": 188, "y": 288, "heat": None}]}


def write_image(path: Path) -> None:
    """A picture of the made-up region's ground: noise."""
    crs = choose_projection(Bounds(-30, 30, -18, 40), MOON)
    noise = np.random.default_rng(0).normal(120, 15, (800, 700)).clip(1, 255).astype(np.uint8)
    with create_raster(path, 700, 800, crs, Affine(500, 0, -175_000, 0, -500, 200_000), "uint8", 0) as dataset:
        dataset.write(noise, 1)


class Chain:
    """The files of one region, and the three steps run on them."""

    def __init__(self, folder: Path, region: Region) -> None:
        self.folder, self.region = folder, region
        region.craters.to_parquet(self.path("merged.parquet"))
        region.catalogue.to_parquet(self.path("catalogue.parquet"))
        region.footprint.to_parquet(self.path("footprint.parquet"))
        self.path("weights.json").write_text(json.dumps(WEIGHTS))
        self.path("heatmaps.json").write_text(json.dumps(heatmaps_of(self.path("image.tif"))))
        write_image(self.path("image.tif"))

    def path(self, name: str) -> Path:
        return self.folder / name

    def calibrate(self, trained: bool = True, **more: Any) -> dict[str, Any]:
        calibrate(
            craters=self.path("merged.parquet"),
            catalogue=self.path("catalogue.parquet"),
            footprint=self.path("footprint.parquet"),
            metadata=self.path("weights.json"),
            output=self.path("operating_point.json"),
            trained=trained,
            min_diameter_km=2.0,
            max_cut_fraction=0.25,
            body=MOON,
            **more,
        )
        point: dict[str, Any] = json.loads(self.path("operating_point.json").read_text())
        return point

    def publish(self, point: dict[str, Any]) -> None:
        """What the export makes of the merged craters."""
        table = self.region.craters.rename(columns={"score": "raw_score"})
        table["score"] = Calibration.model_validate(point["calibration"]).apply(table["raw_score"])
        pairs = optimal_matches(table, self.region.catalogue, "iou50", MOON)
        names = np.full(len(table), None, dtype=object)
        names[pairs[:, 0]] = self.region.catalogue["catalogue_id"].to_numpy()[pairs[:, 1]]
        table["catalogue_id"] = pd.array(names, dtype="str")
        table["status"] = np.where(pd.notna(names), "matched", "candidate")
        table.to_parquet(self.path("craters_all.parquet"))

    def evaluate(self, **more: Any) -> dict[str, Any]:
        evaluate(
            craters=self.path("craters_all.parquet"),
            operating_point=self.path("operating_point.json"),
            catalogue=self.path("catalogue.parquet"),
            footprint=self.path("footprint.parquet"),
            output=self.path("metrics.json"),
            output_matches=self.path("matches.parquet"),
            region="somewhere",
            body=MOON,
            settings=EvaluationSettings(bootstrap_samples=100),
            **more,
        )

        def no_constant(name: str) -> None:
            raise AssertionError(f"{name} is not JSON")

        figures: dict[str, Any] = json.loads(self.path("metrics.json").read_text(), parse_constant=no_constant)
        return figures

    def measure(self) -> Path:
        """Depths that are 0.9 of the catalogue's."""
        craters = pd.read_parquet(self.path("craters_all.parquet"))
        known = self.region.catalogue.assign(depth_m=lambda each: 150 * each["diameter_km"])
        known.to_parquet(self.path("catalogue.parquet"))
        depth_m = craters["catalogue_id"].map(known.set_index("catalogue_id")["depth_m"]) * 0.9
        depths = pd.DataFrame({"crater_id": craters["crater_id"], **dict.fromkeys(COLUMNS, 1.0)})
        depths["depth_m"], depths["depth_to_diameter"] = depth_m, depth_m / (1000 * craters["diameter_km"])
        depths.to_parquet(self.path("depths.parquet"))
        return self.path("depths.parquet")

    def report(self, **more: Any) -> str:
        report(
            metrics=self.path("metrics.json"),
            matches=self.path("matches.parquet"),
            craters=self.path("craters_all.parquet"),
            catalogue=self.path("catalogue.parquet"),
            footprint=self.path("footprint.parquet"),
            operating_point=self.path("operating_point.json"),
            image=[self.path("image.tif")],
            metadata=self.path("weights.json"),
            heatmaps=self.path("heatmaps.json"),
            output=self.path("report.html"),
            title="Somewhere & <elsewhere>",
            body=MOON,
            **more,
        )
        return self.path("report.html").read_text()

    def run(self, trained: bool = True) -> tuple[dict[str, Any], str]:
        self.publish(self.calibrate(trained))
        return self.evaluate(), self.report()
