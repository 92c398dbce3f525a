"""Files that a configuration gives by path: whether they are there and will do, asked before anything runs."""

from collections.abc import Iterator
from pathlib import Path

from crater_pipeline.configuration.needs import given_sources
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.sources import RasterMosaic
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.appraisal import usable


def unusable_files(plan: RegionPlan) -> Iterator[str]:
    """`path.of.key: what is wrong` for each file of a region that will not do.

    It is not there, or it is a mosaic that is no raster or stands on another body.
    """
    for name, source in given_sources(plan).items():
        key = f"{name}.url"
        if source.remote:
            continue
        if not source.path.exists():
            yield f"{key}: {source.path} is not there; correct the path (relative ones start at {Path.cwd()})"
        elif key.startswith("mosaics."):
            band = source.band if isinstance(source, RasterMosaic) else None
            yield from (f"{key}: {problem}" for problem in _problems_of_raster(plan, source.path, band))
    yield from plan.initial.missing()


def _problems_of_raster(plan: RegionPlan, path: Path, band: int | None) -> Iterator[str]:
    try:
        usable(path, plan.body, band)
    except UserError as error:
        yield str(error)
