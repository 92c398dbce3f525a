"""Which files a raster consists of: a label or a virtual raster points to others."""

from pathlib import Path

from crater_pipeline.contents import file_stamp
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import open_raster


def check_not_part_of(output: Path, source: Path) -> None:
    """Raise `UserError` if `output`, about to be written, is one of the files that the raster `source` is read from."""
    if any(member.resolve() == output.resolve() for member in members(source)):
        raise UserError(f"{output}: would replace a part of {source}, which is read; choose another name")


def raster_stamp(raster: Path) -> str:
    """`contents.file_stamp` of all files that a raster is read from."""
    return "; ".join(file_stamp(member) for member in members(raster) if member.is_file())


def members(raster: Path) -> list[Path]:
    """The files that a raster is read from, with those beside it that say more of it."""
    with open_raster(raster) as dataset:
        return [Path(name) for name in dataset.files]
