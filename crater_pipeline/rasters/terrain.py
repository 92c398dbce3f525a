"""Metres of a terrain model: from its unit, else from whether its slopes are possible."""

import logging
import math
from dataclasses import replace
from pathlib import Path

import rasterio

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.reading import Reading
from crater_pipeline.rasters.texture import Texture
from crater_pipeline.rasters.units import METRES, ElevationUnit, is_given, unit_of
from crater_pipeline.sphere.bodies import Body

logger = logging.getLogger(__name__)

FLAT, STEEP = 0.005, 1.0
"""One pixel in a hundred slopes by more than the first, but not by more than the second (tangents).

Measured: 0.19 to 0.41 in four regions of GLD100, and 0.14 to 0.35 when they are reduced to pixels of 0.5, 2 and 5 km;
simulated terrain 0.45.
"""

LEAST_FITTING, USUAL_SLOPE = 0.03, 0.3
"""A unit is proposed if it makes that slope at least the first; the one first that brings it nearest to the second."""

NOISE = 2.0
"""Values with less relief (`Texture.relief`) are noise, whose slopes say nothing of a unit."""

RADIUS_SHARE = 0.02
"""Elevations this close to the body's radius are counted from its centre."""


def metres_per_unit(
    dataset: rasterio.DatasetReader,
    path: Path,
    reading: Reading,
    told: ElevationUnit | float | None,
    seen: Texture | None,
    body: Body,
) -> Reading:
    """`reading` so that its values are metres above the body's sphere.

    The unit is what the user tells, else the file's, else the metre. Radii, counted from the body's centre, become
    heights.
    """
    text = dataset.units[reading.bands[0] - 1]
    unit = told or unit_of(text)
    if unit is None and is_given(text):
        logger.warning(
            "%s: its values are in '%s', which is no unit of height; metres are assumed. Name the unit with "
            "--elevation-unit (elevation_unit in the configuration)",
            path,
            text,
        )
    metres = unit if isinstance(unit, float) else METRES[unit or "m"]
    middle = 0.0 if seen is None else seen.middle * metres
    centre = body.radius_m if abs(middle - body.radius_m) < RADIUS_SHARE * body.radius_m else 0.0
    return replace(reading, scale=reading.scale * metres, offset=reading.offset * metres - centre)


def possible(slope: float) -> bool:
    """Whether terrain can have this slope (tangent) in one pixel of a hundred and less in the others."""
    return FLAT <= slope <= STEEP


def check_slopes(path: Path, slope: float, relief: float, unit: ElevationUnit | None) -> None:
    """Refuse or warn of terrain whose slopes are impossible.

    slope: tangent that one pixel in a hundred exceeds. relief: `Texture.relief`. unit: what the file declares.

    Raises
    ------
    UserError
        If the file has no unit and another one makes the slopes possible.
    """
    if slope == 0 or possible(slope):
        return
    found = f"one pixel in a hundred slopes by more than {math.degrees(math.atan(slope)):.3g} degrees"
    fitting = [name for name, metres in METRES.items() if LEAST_FITTING <= slope * metres <= STEEP]
    fitting.sort(key=lambda name: abs(math.log(slope * METRES[name] / USUAL_SLOPE)))
    if not fitting or relief < NOISE or unit is not None:
        logger.warning(
            "%s: %s; is it a terrain model (--kind image if it is none), and is its unit right (--elevation-unit)?",
            path,
            found,
        )
        return
    raise UserError(
        f"{path}: a terrain model without a unit, and in metres {found}; say --elevation-unit {' or '.join(fitting)} "
        "if that is what its values are in, --elevation-unit m if they are metres all the same (elevation_unit in the "
        "configuration), or --kind image if it is a picture"
    )
