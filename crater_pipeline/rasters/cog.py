"""Cloud-optimised GeoTIFFs: a raster that a map on the web reads piece by piece, at the scale that it shows."""

from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import BLOCK_PX, WRITING_OPTIONS, is_whole, open_raster
from crater_pipeline.rasters.unreadable import unreadable

OPTIONS = {
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "YES",
    "BLOCKSIZE": str(BLOCK_PX),
    "OVERVIEWS": "IGNORE_EXISTING",
    "OVERVIEW_RESAMPLING": "AVERAGE",
    "OVERVIEW_COMPRESS": "DEFLATE",
    "OVERVIEW_PREDICTOR": "YES",
    "BIGTIFF": "IF_SAFER",
    "STATISTICS": "NO",
}
"""Of GDAL's driver COG. Overviews are means of the pixels that have data."""


def write_cog(source: Path, target: Path) -> None:
    """Copy a raster, pixel by pixel the same, with overviews down to one block, block by block.

    Raises
    ------
    UserError
        If the source is missing or damaged, or the disk is full.
    """
    with open_raster(source) as dataset, rasterio.Env(**WRITING_OPTIONS), atomic_path(target) as temporary:
        try:
            rasterio.shutil.copy(dataset, temporary, driver="COG", **OPTIONS)
            written = is_whole(temporary)
        except (RasterioError, CPLE_BaseError) as error:
            if not is_whole(source):
                raise unreadable(source, error) from error
            written = False
        if not written:
            raise UserError(f"{target}: could not be written to its end; is the disk full?")
