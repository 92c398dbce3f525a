"""The region's part of a mosaic on the internet."""

from typing import Literal

from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.windows import download_window
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff


def download(
    *,
    url: list[str],
    output: GeoTiff,
    bounds: tuple[float, float, float, float],
    body: Body,
    margin_deg: float = 0.0,
    band: int | None = None,
    nodata: float | Literal["none"] | None = None,
    size_bytes: int | None = None,
    citation: str | None = None,
    licence: str | None = None,
) -> None:
    """Download the part of a mosaic that covers a region, by range requests, never the whole file.

    What is there already is kept if the server still has the same file. Beside the output, `<output>.source.json` says
    where it comes from.

    Parameters
    ----------
    url
        Address of a raster, http or https, on a server that serves parts of files; given several times: the same file
        elsewhere, tried in this order.
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
    size_bytes
        Size that the whole file must have on the server.
    citation
        How its authors want to be cited, for the record.
    licence
        Its terms, for the record.
    """
    value = None if nodata == "none" else nodata
    origin = Origin(url, size_bytes=size_bytes, citation=citation, licence=licence)
    download_window(origin, output, Wanted(Bounds(*bounds), body, margin_deg, band, value))


if __name__ == "__main__":
    run(download)
