"""What `sources`, a folder or the beginning of addresses, has in the place of the internet.

A remote file of which the folder holds one of the same name becomes a local one. A region's part of a mosaic, which has
a name of its own there, is known by the record beside it.
"""

from pathlib import Path
from typing import Any

from crater_pipeline.configuration.entries import Configuration
from crater_pipeline.configuration.sources import REMOTE, RasterMosaic, Source
from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.origin import file_name
from crater_pipeline.download.record import ENDING, parsed
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bounds import Bounds


def with_provided(configuration: Configuration) -> Configuration:
    """The configuration with each remote file that `sources` has taken from there.

    Raises
    ------
    UserError
        If it is neither a folder nor the beginning of an address.
    """
    place = configuration.sources
    if place is None:
        return configuration
    if not place.startswith(REMOTE) and not Path(place).expanduser().is_dir():
        raise UserError(
            f"configuration: sources: {place} is no folder; correct the path (relative ones start at {Path.cwd()}), or "
            "give the beginning of an address"
        )
    changed = {
        section: {name: _provided(entry, place) for name, entry in getattr(configuration, section).items()}
        for section in ("mosaics", "catalogues")
    }
    return configuration.model_copy(update=changed)


def _provided(entry: Any, place: str) -> Any:
    if not isinstance(entry, Source) or not entry.remote:
        return entry
    if place.startswith(REMOTE):
        first = f"{place.rstrip('/')}/{file_name(entry.url)}"
        return entry.model_copy(update={"url": first, "mirrors": entry.urls})
    path = Path(place).expanduser() / file_name(entry.url)
    return entry.model_copy(update={"url": str(path), "mirrors": ()}) if path.is_file() else entry


def part_name(entry: Source, region: str) -> str:
    """Name in such a folder of the part of a mosaic that a region needs."""
    return f"{Path(file_name(entry.url)).stem}_{region}.tif"


def provided_part(place: str, entry: RasterMosaic, wanted: Wanted) -> Path | None:
    """A file in the folder `place` that is a part of a remote mosaic and holds what is wanted."""
    if place.startswith(REMOTE):
        return None
    for path in sorted(Path(place).expanduser().glob(f"*{ENDING}")):
        record, file = parsed(path), path.with_name(path.name.removesuffix(ENDING))
        if record is None or record.part is None or not file.is_file():
            continue
        same = file_name(record.url) in {file_name(url) for url in entry.urls}
        if same and _holds(record.part, wanted):
            return file
    return None


def _holds(part: dict[str, Any], wanted: Wanted) -> bool:
    """Whether a part, as `Wanted.described` has it, holds all of another."""
    try:
        bounds, margin = Bounds(*part["bounds"]), float(part["margin_deg"])
        same = (part["body_radius_m"], part["band"]) == (wanted.body.radius_m, wanted.band)
    except (KeyError, TypeError, ValueError, UserError):
        return False
    west, south, east, north = wanted.bounds
    inside = bool(bounds.contains([west, east], [south, north]).all()) and bounds.width >= wanted.bounds.width
    return same and inside and margin >= wanted.margin_deg
