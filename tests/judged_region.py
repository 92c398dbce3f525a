"""A made-up region with known craters and the predictions of a made-up detector, for the tests of judging it."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from crater_pipeline.models.scores import IDENTITY, OperatingPoint
from crater_pipeline.sphere.bodies import Body

MOON = Body(name="moon", radius_m=1_737_400.0)
KM_PER_PX = 0.1


@dataclass(frozen=True)
class Region:
    """`craters` has the network's score under `score`; about `hit_rate` of the catalogue is found."""

    craters: pd.DataFrame
    catalogue: pd.DataFrame
    footprint: gpd.GeoDataFrame


def footprint_of(parts: dict[str, tuple[float, float, float, float]], body: Body = MOON) -> gpd.GeoDataFrame:
    """Parts of the footprint as rectangles [west, south, east, north]."""
    boxes = {name: shapely.box(*bounds) for name, bounds in parts.items()}
    area = [
        body.radius_km**2 * np.radians(e - w) * (np.sin(np.radians(n)) - np.sin(np.radians(s)))
        for w, s, e, n in parts.values()
    ]
    return gpd.GeoDataFrame(
        {"split": list(boxes), "area_km2": area}, geometry=list(boxes.values()), crs=body.geographic_crs
    )


def random_region(seed: int, n: int = 1500, hit_rate: float = 0.8, false_rate: float = 0.5) -> Region:
    """Craters in a power law over 12 x 10 degrees; scores overlap between craters and false alarms."""
    rng = np.random.default_rng(seed)
    footprint = footprint_of({"train": (-30, 30, -23, 40), "val": (-23, 30, -21, 40), "test": (-21, 30, -18, 40)})
    catalogue = pd.DataFrame(
        {
            "catalogue_id": [f"T{i:05d}" for i in range(n)],
            "lon": rng.uniform(-30, -18, n),
            "lat": rng.uniform(30, 40, n),
            "diameter_km": rng.pareto(1.8, n) + 1.0,
            "arc_fraction": np.nan,
        }
    ).sort_values("diameter_km", ascending=False, ignore_index=True)
    found = catalogue[rng.random(n) < hit_rate]
    size = found["diameter_km"].to_numpy()
    shift = rng.normal(0, 0.04, (2, len(found))) * size / MOON.radius_km
    hits = pd.DataFrame(
        {
            "lon": found["lon"] + np.degrees(shift[0]) / np.cos(np.radians(found["lat"])),
            "lat": found["lat"] + np.degrees(shift[1]),
            "diameter_km": size * np.exp(rng.normal(0, 0.05, len(found))),
            "score": rng.beta(4, 3, len(found)),
        }
    )
    n_false = int(n * false_rate)
    false = pd.DataFrame(
        {
            "lon": rng.uniform(-30, -18, n_false),
            "lat": rng.uniform(30, 40, n_false),
            "diameter_km": rng.pareto(1.8, n_false) + 0.8,
            "score": rng.beta(1.5, 6, n_false),
        }
    )
    craters = pd.concat([hits, false], ignore_index=True)
    craters = craters[(craters["score"] > 0.02) & craters["lon"].between(-30, -18) & craters["lat"].between(30, 40)]
    craters = craters.sort_values("score", ascending=False, ignore_index=True)
    level = np.clip(np.floor(np.log2(craters["diameter_km"] / KM_PER_PX / 64)), 0, 2).astype("int8")
    craters["level"] = level
    craters["diameter_px"] = craters["diameter_km"] / KM_PER_PX / 2.0**level
    craters["touches_edge"] = False
    craters["split"] = np.select([craters["lon"] < -23, craters["lon"] < -21], ["train", "val"], default="test")
    craters.insert(0, "crater_id", [f"C{i:05d}" for i in range(len(craters))])
    return Region(craters, catalogue, footprint)


def point_at(threshold: float) -> OperatingPoint:
    """A threshold on scores that need no calibration."""
    return OperatingPoint(
        threshold=threshold, raw_threshold=threshold, calibration=IDENTITY, source="validation", min_diameter_km=2.0
    )
