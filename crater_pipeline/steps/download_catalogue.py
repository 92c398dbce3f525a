"""A crater catalogue from the internet."""

from crater_pipeline.download.files import download_table
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DownloadedTable


def download_catalogue(*, url: str, output: DownloadedTable, sha256: str | None = None) -> None:
    """Download a catalogue, continuing an interrupted download, and unpack it if it is a ZIP file.

    Parameters
    ----------
    url
        Address, http or https.
    output
        Where to write it; with the ending .zip a ZIP file is kept as it is.
    sha256
        Checksum that the downloaded file must have, hexadecimal.
    """
    download_table(url, output, sha256)


if __name__ == "__main__":
    run(download_catalogue)
