"""The region's part of a mosaic on the internet."""

from typing import Literal

from crater_pipeline.download.windows import download_window
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff


def download(
    *,
    url: str,
    output: GeoTiff,
    bounds: tuple[float, float, float, float],
    body: Body,
    margin_deg: float = 0.0,
    band: int | None = None,
    nodata: float | Literal["none"] | None = None,
) -> None:
    """Download the part of a mosaic that covers a region, by range requests, never the whole file.

    Parameters
    ----------
    url
        Address of a raster, http or https, on a server that serves parts of files.
    output
        GeoTIFF to write, on the mosaic's own grid.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    body
        Body as JSON, for instance {"name": "moon", "radius_m": 1737400}.
    margin_deg
        Context around the bounds in degrees of latitude.
    band
        Band to take, counted from 1 (default: the first, or the luminance of a colour image).
    nodata
        Value that means "no data" where the mosaic declares none.
    """
    value = None if nodata == "none" else nodata
    download_window(url, output, Bounds(*bounds), body, margin_deg, value, band)


if __name__ == "__main__":
    run(download)
