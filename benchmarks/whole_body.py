"""A whole body searched by zones: duplicates, craters lost at seams, recall and precision against a catalogue.

Run as `python benchmarks/whole_body.py wac_global_2130m.tif head_lroc_5km.csv [--min-km 20]`. The raster is searched
twice, with seams in different places: what stands near a seam of the first search is far from one in the second,
so that the same craters tell whether a seam costs recall. `--keep FOLDER` keeps (and reuses) both lists of craters.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from crater_pipeline.detection.merging import MergingSettings, similar_pairs
from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.evaluation.matching import candidate_pairs, optimal_matches
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import scaled
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import distance_to_bounds_km
from crater_pipeline.sphere.zones import zones

WHOLE = Bounds(-180.0, -90.0, 180.0, 90.0)
OTHER_ZONES = [Bounds(-20, -90, 340, -33), Bounds(-20, -33, 340, 33), Bounds(-20, 33, 340, 90)]
"""Seams four degrees from those of `zones(WHOLE)`, and another meridian for the belt's cut."""

SLIVER = 1e-9
"""Degrees: a line is so wide here."""


def searched(
    raster: Path, weights: Path, parts: Sequence[Bounds], least_km: float, keep: Path | None, name: str
) -> pd.DataFrame:
    """Craters of a whole-body search at or above the weights' operating threshold, well below `least_km` left out."""
    file = keep / f"{name}.parquet" if keep else None
    if file and file.is_file():
        craters = pd.read_parquet(file)
    else:
        with tempfile.TemporaryDirectory() as folder:
            survey = Survey("image", MOON, weights, metadata_path(weights))
            craters, area = survey.of(raster, WHOLE, Path(folder), parts)
        whole_km2 = 4 * np.pi * MOON.radius_km**2
        print(f"{name}: searched {area['area_km2'].sum() / whole_km2:.4%} of the body")
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            craters.to_parquet(file)
    described = read_metadata(metadata_path(weights))
    craters = scaled(craters, described.diameter_scale)
    probable = described.calibration.apply(craters["score"].to_numpy(dtype=float))
    least = float(described.calibration.apply(described.threshold))
    return craters[(probable >= least) & (craters["diameter_km"] >= least_km / 2)].reset_index(drop=True)


def near_seam(table: pd.DataFrame, parts: Sequence[Bounds]) -> NDArray[np.bool_]:
    """Which craters' centres lie within one diameter of a parallel between zones, or of the meridian that cuts one."""
    near = np.zeros(len(table), bool)
    for part in parts:
        sides = [Bounds(part.west, lat - SLIVER, part.east, lat) for lat in (part.south, part.north) if abs(lat) < 90]
        if len(sides) == 2:  # a belt; a cap is not cut
            sides.append(Bounds(part.west, part.south, part.west + SLIVER, part.north))
        for side in sides:
            distance = distance_to_bounds_km(table["lon"], table["lat"], side, MOON)
            near |= distance <= table["diameter_km"].to_numpy(dtype=float)
    return near


def share(hits: NDArray[np.bool_]) -> str:
    """A proportion with Wilson's 95 % interval."""
    if len(hits) == 0:
        return "none"
    low, high = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return f"{hits.mean():.3f} ({low:.3f}-{high:.3f}) of {len(hits)}"


def at_sizes_of(
    found: NDArray[np.bool_], size: NDArray[np.float64], others: NDArray[np.bool_], these: NDArray[np.bool_]
) -> float:
    """Recall of `others` with every size weighted as among `these`: near a seam means large, for a diameter is near."""
    edges = np.quantile(size[these], np.linspace(0, 1, 11))
    classes = np.digitize(size, edges[1:-1])
    wanted = np.bincount(classes[these], minlength=10) / these.sum()
    return float(sum(share * found[others & (classes == k)].mean() for k, share in enumerate(wanted) if share))


def duplicates(craters: pd.DataFrame, truth: pd.DataFrame) -> dict[str, int]:
    """Pairs that the deduplication calls the same, and catalogue craters that two detections claim by `iou50`."""
    lon, lat, diameter_km = (craters[name].to_numpy(dtype=float) for name in ("lon", "lat", "diameter_km"))
    pairs = candidate_pairs(craters, truth, "iou50", MOON)
    return {
        "similar pairs": len(similar_pairs(lon, lat, diameter_km, MOON, MergingSettings())[0]),
        "catalogue craters with two detections": int((np.bincount(pairs.truth, minlength=1) > 1).sum()),
    }


def hit(craters: pd.DataFrame, truth: pd.DataFrame, criterion: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(catalogue craters found, detections that are catalogue craters)."""
    pairs = optimal_matches(craters, truth, criterion, MOON)
    found, right = np.zeros(len(truth), bool), np.zeros(len(craters), bool)
    found[pairs[:, 1]], right[pairs[:, 0]] = True, True
    return found, right


def report(truth: pd.DataFrame, first: pd.DataFrame, second: pd.DataFrame, least_km: float) -> dict[str, Any]:
    """Every figure, from both searches' craters and the catalogue."""
    parts = zones(WHOLE)
    judged = (truth["diameter_km"] >= least_km).to_numpy()
    seam, other_seam = near_seam(truth, parts) & judged, near_seam(truth, OTHER_ZONES) & judged
    result: dict[str, Any] = {"duplicates": duplicates(first, truth), "craters": len(first)}
    large = (first["diameter_km"] >= least_km).to_numpy()
    for criterion in ("iou50", "deepmoon"):
        found, right = hit(first, truth, criterion)
        again, _ = hit(second, truth, criterion)
        bins = [least_km, 30, 50, 100, 200, 1000]
        size = truth["diameter_km"].to_numpy(dtype=float)
        result[criterion] = {
            "recall": share(found[judged]),
            "precision": share(right[large]),
            "recall by km": {
                f"{low:g}-{high:g}": share(found[(size >= low) & (size < high)])
                for low, high in itertools.pairwise(bins)
            },
            "recall near a seam": share(found[seam]),
            "recall elsewhere, sizes as near a seam": round(at_sizes_of(found, size, judged & ~seam, seam), 3),
            "the same craters as near a seam, seams elsewhere": share(again[seam & ~other_seam]),
            "those of them near the first seams": share(found[seam & ~other_seam]),
            "recall beyond 70 degrees": share(found[judged & (np.abs(truth["lat"].to_numpy(dtype=float)) > 70)]),
        }
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raster", type=Path)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--min-km", type=float, default=20.0)
    parser.add_argument("--weights", type=Path, default=shipped_weights())
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    truth = read_catalogue(given.catalogue, "table", MOON)
    first, second = (
        searched(given.raster, given.weights, parts, given.min_km, given.keep, name)
        for name, parts in (("first", zones(WHOLE)), ("second", OTHER_ZONES))
    )
    print(json.dumps(report(truth, first, second, given.min_km), indent=1))


if __name__ == "__main__":
    main()
