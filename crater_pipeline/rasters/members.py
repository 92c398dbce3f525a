"""Which files a raster consists of: a label or a virtual raster points to others."""

from pathlib import Path

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import open_raster


def check_not_part_of(output: Path, source: Path) -> None:
    """Raise `UserError` if `output`, about to be written, is one of the files that the raster `source` is read from."""
    with open_raster(source) as dataset:
        parts = [Path(name) for name in dataset.files]
    if any(part.resolve() == output.resolve() for part in parts):
        raise UserError(f"{output}: would replace a part of {source}, which is read; choose another name")
