"""A whole mosaic from the internet, whose checksum is known."""

from crater_pipeline.download.files import download_file
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DownloadedRaster


def download_mosaic(*, url: str, output: DownloadedRaster, sha256: str) -> None:
    """Download a mosaic whole, once for all regions, since only a whole file can be compared with a checksum.

    Parameters
    ----------
    url
        Address of a raster, http or https.
    output
        Where to write it. What lies there with this checksum is kept.
    sha256
        Checksum that the file must have, hexadecimal.
    """
    download_file(url, output, sha256)


if __name__ == "__main__":
    run(download_mosaic)
