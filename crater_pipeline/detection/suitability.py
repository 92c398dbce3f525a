"""Is a raster of the kind that the weights were trained on? What is not is searched all the same, with a warning."""

import logging
from pathlib import Path

from crater_pipeline.detection.lighting import relief_share
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.sharpness import Sharpness, sharpness
from crater_pipeline.models.metadata import WeightsMetadata
from crater_pipeline.rasters.files import raster_info

log = logging.getLogger(__name__)


LEAST_RELIEF = 0.15
"""Images with a smaller `relief_share` get a warning.

Measured on GLD100 times real albedo, lit from 25, 45, 60, 70, 75 and 80 degrees: relief shares of 0.44, 0.38, 0.28,
0.18, 0.13 and 0.09, at which weights of November 2026 had an AP of 0.70, 0.68, 0.61, 0.27, 0.08 and 0.04. Pieces of the
WAC mosaic have 0.34-0.35 at 60-500 m/px, all of it at 2.1 km/px 0.28, its flattest mare there 0.16; that albedo alone
has 0.08, elevations taken for greys 0.10, simulated albedo and noise 0.01-0.03.
"""


MOST_NOISE = 0.6
"""Images with more (`Sharpness.noise`) get a warning.

The WAC mosaic has 0.36 to 0.42 at 60 m to 2.1 km a pixel, a simulated image 0.33, shaded GLD100 0.29. With noise of 0,
5, 15 and 30 greys that simulated image has 0.33, 0.45, 0.78 and 0.93, and of its 48 craters of ten pixels or more the
weights of November 2026 find 0.75, 0.75, 0.65 and 0.54 (one position).
"""

COARSEST_DETAIL_PX = 4
"""Images whose detail (`Sharpness.detail_px`) is coarser get a warning.

The WAC mosaic shows 1, a simulated image 2, GLD100 4. Enlarged 4 and 8 times, that image shows 8 and 16, and is
searched as well as before (recall 0.75 and 0.77) in 16 and 64 times as many pixels; blurred by 2 and 4 pixels, it shows
4 and 8, and of its craters of ten pixels or more 0.83 and 0.46 are found.
"""


def unsuitable(
    described: WeightsMetadata,
    pixel_m: float,
    sun_elevation_deg: float | None,
    relief: float | None,
    sharp: Sharpness | None = None,
) -> list[str]:
    """What is out of range, one sentence each.

    pixel_m: side of a pixel in metres. sun_elevation_deg: height of the sun, None where it is not known. relief: the
    image's `relief_share`, None where it is not known. sharp: how sharp the image is, likewise.
    """
    found = []
    low, high = described.pixel_size_range_m
    if not low <= pixel_m <= high:
        cure = "resample it to larger ones" if pixel_m < low else "expect craters to be missed, or wrong"
        found.append(f"pixels of {pixel_m:.4g} m, but these weights were trained for {low:g} to {high:g} m; {cure}")
    light = described.sun_elevation_range_deg
    if sun_elevation_deg is not None and light is not None and not light[0] <= sun_elevation_deg <= light[1]:
        found.append(
            f"lit by a sun {sun_elevation_deg:g} degrees high, but these weights were trained for {light[0]:g} to "
            f"{light[1]:g}; change shading.sun_elevation_deg"
        )
    if relief is not None and relief < LEAST_RELIEF:
        found.append(
            f"little relief can be seen (anisotropy {relief:.2f}; images under a low sun have 0.3): is it lit from "
            "high above, a map of albedo, or elevations taken for an image? Craters are found by their shading"
        )
    if sharp is not None and sharp.noise > MOST_NOISE:
        found.append(
            f"noisy: pixels side by side differ almost as much as those further apart ({sharp.noise:.2f} of their mean "
            "square; photographs that these weights know have 0.4), so that faint craters are missed"
        )
    if sharp is not None and sharp.detail_px > COARSEST_DETAIL_PX:
        found.append(
            f"blurred, or its pixels are finer than what it shows: nothing is smaller than about {sharp.detail_px} "
            f"pixels, where these weights know 1 to {COARSEST_DETAIL_PX}. Small craters are missed, and pixels of "
            f"{pixel_m * sharp.detail_px / 2:.3g} m would tell as much in less time"
        )
    return found


def warn_unsuitable(
    image: Path, described: WeightsMetadata, terrain: Terrain | None = None, source: Path | None = None
) -> None:
    """Log a warning for everything in which a raster differs from what the weights were trained on.

    `terrain` is what it was shaded from; of a photograph only the image itself tells how it was lit. `source` is the
    file that the user knows it by, where `image` was made of it on the way.
    """
    sun_elevation_deg = None if terrain is None else terrain.shading.sun_elevation_deg
    relief = relief_share(image) if terrain is None else None
    for sentence in unsuitable(described, raster_info(image).pixel_size_m, sun_elevation_deg, relief, sharpness(image)):
        log.warning("%s: %s", source or image, sentence)
