"""Measured depths beside the catalogue's, of craters that are matched: in all of the region, since none was learned."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BAND = (0.16, 0.84)
"""Quantiles that a normal distribution has at one standard deviation."""


def depth_pairs(craters: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Craters with a depth of both kinds: diameter_km, depth_m, known_diameter_km, known_depth_m.

    `craters` have `catalogue_id` where they are matched, and `depth_m`; `catalogue` may have `depth_m`.
    """
    names = {"diameter_km": "known_diameter_km", "depth_m": "known_depth_m"}
    columns = ["diameter_km", "depth_m", *names.values()]
    if "depth_m" not in catalogue:
        return pd.DataFrame(columns=columns, dtype=float)
    known = catalogue[["catalogue_id", *names]].rename(columns=names)
    pairs = craters[craters["catalogue_id"].notna()].merge(known, on="catalogue_id")
    # some catalogues write 0 where they have no depth
    return pairs.loc[pairs["depth_m"].notna() & (pairs["known_depth_m"] > 0), columns].reset_index(drop=True)


def depth_figures(craters: pd.DataFrame, catalogue: pd.DataFrame, borders_km: Sequence[float]) -> dict[str, Any]:
    """What `metrics.json` says of the depths of `craters`, those at or above the threshold.

    Keys: n_craters, n_measured, and agreement, None where the catalogue has no depths: n, median_ratio (measured over
    catalogued), low and high (quantiles `BAND` of the ratios), correlation (Pearson's, of depths), and bins of the
    catalogue's diameter with the same keys and their borders, the last one open; bins without craters are left out.
    """
    pairs = depth_pairs(craters, catalogue)
    result: dict[str, Any] = {
        "n_craters": len(craters),
        "n_measured": int(craters["depth_m"].notna().sum()),
        "agreement": None,
    }
    if len(pairs):
        diameter = pairs["known_diameter_km"].to_numpy(dtype=float)
        bins = []
        for low, high in pairwise([*borders_km, np.inf]):
            inside = (diameter >= low) & (diameter < high)
            if inside.any():
                figures = _agreement(pairs[inside])
                bins.append({"low_km": low, "high_km": None if np.isinf(high) else high, **figures})
        result["agreement"] = {**_agreement(pairs), "bins": bins}
    return result


def _agreement(pairs: pd.DataFrame) -> dict[str, Any]:
    measured, known = (pairs[name].to_numpy(dtype=float) for name in ("depth_m", "known_depth_m"))
    ratio = measured / known
    low, high = np.quantile(ratio, BAND)
    varies = len(pairs) > 2 and np.ptp(measured) > 0 and np.ptp(known) > 0
    return {
        "n": len(pairs),
        "median_ratio": float(np.median(ratio)),
        "low": float(low),
        "high": float(high),
        "correlation": float(np.corrcoef(measured, known)[0, 1]) if varies else None,
    }
