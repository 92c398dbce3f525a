"""What a raster shows, image or terrain model, and whether it can be searched: asked once, of every raster there is.

The header is believed first, then what the user says, and what neither tells is looked up in the values. What seems
wrong is refused or warned of, with what was seen and the option that settles it.
"""

import logging
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
from rasterio.windows import Window

from crater_pipeline.rasters.files import RasterInfo, info_of, open_raster
from crater_pipeline.rasters.kinds import TERRAIN_RELIEF, kind_and_reason, kind_of
from crater_pipeline.rasters.reading import Kind, Reading, data_bands, reading_of
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.rasters.terrain import check_slopes, metres_per_unit
from crater_pipeline.rasters.texture import Texture, texture
from crater_pipeline.rasters.undeclared import Undeclared, undeclared
from crater_pipeline.rasters.units import ElevationUnit, unit_of
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

logger = logging.getLogger(__name__)

LEAST_GREYS = 6.0
"""Pictures of which nine tenths lie within fewer of 255 greys than this get a warning."""

NO_NODATA: Literal["none"] = "none"


@dataclass(frozen=True)
class Told:
    """What a user says of a raster; None leaves it to the file and to its values.

    band: counted from 1. nodata: a stored number that means no data, or `none`: all numbers are data that the file
    does not declare to be none. elevation_unit: a name, or the metres that it has.
    """

    kind: Kind | None = None
    band: int | None = None
    nodata: float | Literal["none"] | None = None
    elevation_unit: ElevationUnit | float | None = None


def usable(path: Path, body: Body, band: int | None = None) -> RasterInfo:
    """Header of a raster whose place on the body is known and which has something to read; else a `UserError`."""
    with open_raster(path) as dataset:
        info = info_of(dataset, path)
        info.on(body)
        reading_of(dataset, band)
        return info


def appraise(path: Path, body: Body, told: Told, bounds: Bounds | None = None) -> tuple[Kind, Reading]:
    """What a raster shows within `bounds` (all of it without), and how it is read.

    Raises
    ------
    UserError
        As `usable`; or if a terrain model's unit is not told and its slopes are impossible in metres.
    """
    with open_raster(path) as dataset:
        info = info_of(dataset, path)
        info.on(body)
        reading = reading_of(dataset, told.band)
        _tell_bands(dataset, path, reading, told)
        if told.nodata is not None and told.nodata != NO_NODATA:
            reading = replace(reading, nodata=(told.nodata,))
        area = _area(info, bounds, body)
        kind, reading, seen = _look(dataset, info, area, reading, told)
        why = "as told" if told.kind else kind_and_reason(dataset, info, reading, seen)[1]
        logger.info("%s: %s, %s", path, "an image" if kind == "image" else "a terrain model", why)
        if kind == "image":
            _check_contrast(path, reading, seen)
            return kind, reading
        in_metres = metres_per_unit(dataset, path, reading, told.elevation_unit, seen, body)
        if seen is not None and told.elevation_unit is None:
            slope = seen.step * abs(in_metres.scale / reading.scale) / info.pixel_size_m
            check_slopes(path, slope, seen.relief, unit_of(dataset.units[reading.bands[0] - 1]))
        return kind, in_metres


def _area(info: RasterInfo, bounds: Bounds | None, body: Body) -> Window:
    """The window of a raster that holds `bounds`; all columns where they cross its edge, all of it if they miss it."""
    whole = Window(0, 0, info.width, info.height)
    if bounds is None:
        return whole
    parts = np.linspace(0.0, 1.0, 33)
    lon, lat = np.meshgrid(bounds.west + parts * bounds.width, bounds.south + parts * bounds.height)
    x, y = SourcePixels(info.on(body), body.geographic_crs).pixel(lon.ravel(), lat.ravel())
    inside = (x >= 0) & (x <= info.width) & (y >= 0) & (y <= info.height)
    if not inside.any():
        return whole
    left, top = (max(math.floor(v[inside].min()), 0) for v in (x, y))
    right, bottom = min(math.ceil(x[inside].max()), info.width), min(math.ceil(y[inside].max()), info.height)
    return Window(left, top, max(right - left, 1), max(bottom - top, 1))


def _tell_bands(dataset: rasterio.DatasetReader, path: Path, reading: Reading, told: Told) -> None:
    """Say what becomes of colours, and which band of several is taken."""
    bands = data_bands(dataset)
    if len(reading.bands) > 1:
        logger.info("%s: in colour; its luminance is searched (one band of it: --band)", path)
    elif reading.greys is not None and reading.greys != tuple(range(len(reading.greys))):
        logger.info("%s: a colour table; the luminance of its colours is searched, not their numbers", path)
    elif len(bands) > 1 and told.band is None:
        names = [f"{band} {dataset.descriptions[band - 1] or ''}".strip() for band in bands]
        logger.warning(
            "%s: has %d bands (%s), and nothing says which shows the ground; band %d is searched. Name another with "
            "--band (band in the configuration)",
            path,
            len(bands),
            ", ".join(names[:8]),
            bands[0],
        )


def _look(
    dataset: rasterio.DatasetReader, info: RasterInfo, area: Window, plain: Reading, told: Told
) -> tuple[Kind, Reading, Texture | None]:
    """What the raster shows, its reading with what seems to mean no data left out, and what is then seen of it.

    Each is needed to see the other: numbers that mean no data look like cliffs. So there is a second look.
    """
    kind: Kind | None = None
    reading, found = plain, list[Undeclared]()
    for _ in range(3):
        seen = texture(dataset, area, reading)
        judged = told.kind or kind_of(dataset, info, reading, seen)
        if judged == kind:
            break
        kind = judged
        if seen is not None and told.nodata != NO_NODATA:
            found = list(undeclared(dataset, area, plain, kind, seen.step))
        sure = [each for each in found if each.sure]
        lone = tuple(each.number for each in sure if not each.collar)
        collars = tuple(each.number for each in sure if each.collar)
        reading = replace(plain, nodata=(*plain.nodata, *lone), collars=collars)
        if not sure:
            break
    for each in found:
        _tell_undeclared(info.path, each)
    _question_kind(dataset, info, reading, told.kind, seen)
    return judged, reading, seen


def _question_kind(
    dataset: rasterio.DatasetReader, info: RasterInfo, reading: Reading, told: Kind | None, seen: Texture | None
) -> None:
    """Warn where a raster is taken for terrain and may be a picture."""
    if seen is None or seen.relief >= TERRAIN_RELIEF or unit_of(dataset.units[reading.bands[0] - 1]):
        return
    looks = kind_of(dataset, info, reading, seen)
    if told == "dtm" and looks == "image":
        logger.warning("%s: looks like a picture, and is taken for a terrain model as told (--kind)", info.path)
    elif told is None and looks == "dtm" and seen.low > -1:
        logger.warning("%s: taken for a terrain model, but it may be a picture: say --kind image if it is", info.path)


def _tell_undeclared(path: Path, found: Undeclared) -> None:
    where = "reaching its corners" if found.collar else "far from all others"
    what = "is taken for no data" if found.sure else "is searched as ground"
    remedy = "none if it is ground" if found.sure else f"{found.number:g} if it is no data"
    logger.warning(
        "%s: %.2g %% of it hold the value %.10g, %s, which the file does not declare as no data; it %s: --nodata %s "
        "(nodata in the configuration)",
        path,
        100 * found.share,
        found.number,
        where,
        what,
        remedy,
    )


def _check_contrast(path: Path, reading: Reading, seen: Texture | None) -> None:
    """Warn of a picture that shows next to nothing once it is stretched."""
    if seen is None:
        return
    range_ = 255.0 if reading.is_grey8 else seen.high - seen.low
    greys = 0.0 if range_ == 0 else 255.0 * (seen.bright - seen.dark) / range_
    if greys < LEAST_GREYS:
        logger.warning(
            "%s: shows next to nothing: nine tenths of it lie between %.6g and %.6g, %.2g of 255 greys (its values "
            "reach from %.6g to %.6g). Are there values that mean no data (--nodata), or is it another band (--band)?",
            path,
            seen.dark,
            seen.bright,
            greys,
            seen.low,
            seen.high,
        )
