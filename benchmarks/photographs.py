"""The shipped weights on one raster as it is: precision, recall, F1 and AP against a catalogue, by all three criteria.

Run as `python benchmarks/photographs.py piece.tif craters.csv wang_wu --min-km 1`; `--bounds` leaves out ground where
the catalogue is not complete. For photographs of which no region is worth an entry of the configuration.
"""

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.evaluation.judging import judge, make_scene, ranked
from crater_pipeline.evaluation.matching import CRITERIA
from crater_pipeline.evaluation.metrics import average_precision
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels.catalogues import clip_catalogue, read_catalogue
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import scaled
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds


def judged(
    craters: pd.DataFrame, catalogue: pd.DataFrame, area: gpd.GeoDataFrame, min_km: float, threshold: float
) -> None:
    """Print one line a criterion."""
    scene = make_scene(craters, catalogue, area, "test", min_km, EvaluationSettings().max_cut_fraction, MOON)
    truth = int(scene.truth["counts"].sum())
    for criterion in CRITERIA:
        pairs = scene.pairs(criterion)
        counts = judge(scene, pairs, threshold)["outcome"].value_counts()
        tp, fp, fn = (int(counts.get(name, 0)) for name in ("true_positive", "false_positive", "false_negative"))
        ap = average_precision(ranked(scene, pairs)["is_crater"], truth)
        rates = f"P {tp / max(tp + fp, 1):.2f} R {tp / max(tp + fn, 1):.2f} F1 {2 * tp / max(2 * tp + fp + fn, 1):.2f}"
        print(f"{criterion:9} {rates} AP {ap:.2f}  ({tp} found, {fn} missed, {fp} others)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raster", type=Path)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("format", choices=["robbins", "wang_wu", "table"])
    parser.add_argument("--min-km", type=float, required=True)
    parser.add_argument("--bounds", type=float, nargs=4, help="west south east north (default: the whole raster)")
    parser.add_argument("--weights", type=Path, default=shipped_weights())
    arguments = parser.parse_args()
    bounds = Bounds(*arguments.bounds) if arguments.bounds else raster_bounds(raster_info(arguments.raster), MOON)
    known = clip_catalogue(read_catalogue(arguments.catalogue, arguments.format, MOON), bounds, MOON)
    described = read_metadata(metadata_path(arguments.weights))
    with tempfile.TemporaryDirectory() as folder:
        survey = Survey("image", MOON, arguments.weights, metadata_path(arguments.weights))
        craters, area = survey.of(arguments.raster, bounds, Path(folder))
    craters = scaled(craters, described.diameter_scale)
    craters["score"] = described.calibration.apply(craters["score"].to_numpy(dtype=float))
    judged(craters, known, area, arguments.min_km, float(described.calibration.apply(described.threshold)))


if __name__ == "__main__":
    main()
