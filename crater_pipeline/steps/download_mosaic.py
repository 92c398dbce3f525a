"""A whole mosaic from the internet, whose checksum is known."""

from crater_pipeline.download.files import download_file
from crater_pipeline.download.origin import Origin
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DownloadedRaster


def download_mosaic(
    *,
    url: list[str],
    output: DownloadedRaster,
    sha256: str,
    size_bytes: int | None = None,
    citation: str | None = None,
    licence: str | None = None,
) -> None:
    """Download a mosaic whole, once for all regions, since only a whole file can be compared with a checksum.

    Parameters
    ----------
    url
        Address of a raster, http or https; given several times: the same file elsewhere, tried in this order.
    output
        Where to write it. What lies there with this checksum is kept. Beside it, `<output>.source.json` says where it
        comes from.
    sha256
        Checksum that the file must have, hexadecimal.
    size_bytes
        Size that it must have.
    citation
        How its authors want to be cited, for the record.
    licence
        Its terms, for the record.
    """
    download_file(Origin(url, sha256, size_bytes, citation, licence), output, "raster")


if __name__ == "__main__":
    run(download_mosaic)
