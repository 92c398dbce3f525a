"""Unmatched detections that another catalogue holds: craters after all, which the region's own catalogue lacks.

A catalogue that was made from other data, by other people, is a witness that neither the network nor its truth has
heard. How many agree by chance is measured too: with every detection moved aside, the matching is repeated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crater_pipeline.evaluation.criterion import Case
from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.evaluation.metrics import ratio
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import destination

MOVED_DIAMETERS = 5.0
MOVED_AZIMUTHS = (0.0, 90.0, 180.0, 270.0)
"""Detections are moved so many of their diameters in each of these directions to see what agrees by chance."""


@dataclass(frozen=True)
class Witness:
    """Another catalogue of the same ground: lon, lat and diameter_km, complete from `complete_km` on."""

    name: str
    craters: pd.DataFrame
    complete_km: float


def confirmations(case: Case, criterion: str, witnesses: list[Witness]) -> list[dict[str, Any]]:
    """What each witness says of the detections that no crater of the catalogue is matched with.

    Of every witness: name, complete_km, `n_unmatched` (detections that count as false), `n_tellable` (those of them
    large enough for it to hold), `n_confirmed` (those that it holds, one to one), `by_chance` (how many it would be
    expected to hold anywhere), `precision_before` of what it can tell of, `precision` with the confirmed ones as right;
    and `n_missed` and `n_missed_confirmed`, the same of the catalogue's craters that were missed.
    """
    outcomes = case.outcomes(criterion)
    rows = {
        kind: outcomes[outcomes["outcome"] == kind] for kind in ("true_positive", "false_positive", "false_negative")
    }

    def judged(witness: Witness) -> dict[str, Any]:
        unmatched, missed, found = (
            table[table["diameter_km"] >= witness.complete_km]
            for table in (rows["false_positive"], rows["false_negative"], rows["true_positive"])
        )
        # What the catalogue's own craters are matched with is spoken for.
        taken = pd.concat([found, missed])
        spoken = optimal_matches(taken, witness.craters, criterion, case.body)
        free = witness.craters.drop(witness.craters.index[spoken[:, 1]])
        confirmed = len(optimal_matches(unmatched, free, criterion, case.body))
        n_told = len(found) + len(unmatched)
        return {
            "name": witness.name,
            "complete_km": witness.complete_km,
            "n_unmatched": len(rows["false_positive"]),
            "n_tellable": len(unmatched),
            "n_confirmed": confirmed,
            "by_chance": by_chance(unmatched, free, criterion, case.body),
            "precision": float(ratio(len(found) + confirmed, n_told)),
            "precision_before": float(ratio(len(found), n_told)),
            "n_missed": len(missed),
            "n_missed_confirmed": int((spoken[:, 0] >= len(found)).sum()),
        }

    return [judged(witness) for witness in witnesses]


def by_chance(detections: pd.DataFrame, craters: pd.DataFrame, criterion: str, body: Body) -> float:
    """How many of the detections match one of the craters when they are moved aside, on average."""
    counts = []
    for azimuth in MOVED_AZIMUTHS:
        lon, lat = destination(
            detections["lon"].to_numpy(dtype=float),
            detections["lat"].to_numpy(dtype=float),
            azimuth,
            MOVED_DIAMETERS * detections["diameter_km"].to_numpy(dtype=float),
            body,
        )
        moved = detections.assign(lon=lon, lat=lat)
        counts.append(len(optimal_matches(moved, craters, criterion, body)))
    return float(np.mean(counts))
