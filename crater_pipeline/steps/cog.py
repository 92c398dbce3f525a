"""Step: a region's raster as a cloud-optimised GeoTIFF, for those who ask for it."""

from pathlib import Path

from crater_pipeline.rasters.cog import write_cog
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff


def cog(*, raster: Path, output: GeoTiff) -> None:
    """Write a raster again with overviews, laid out so that a part of it can be read over a network.

    Parameters
    ----------
    raster
        GeoTIFF of a region: reprojected, shaded, or the heatmap of its labels.
    output
        Cloud-optimised GeoTIFF with the same pixels.
    """
    write_cog(raster, output)


if __name__ == "__main__":
    run(cog)
