"""A crater catalogue from the internet."""

from crater_pipeline.download.files import download_file
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DownloadedTable


def download_catalogue(*, url: str, output: DownloadedTable, sha256: str | None = None) -> None:
    """Download a catalogue as it is, continuing an interrupted download.

    Parameters
    ----------
    url
        Address, http or https.
    output
        Where to write it. An archive stays one: `read_catalogue` knows it by its first bytes, whatever its name.
    sha256
        Checksum that the downloaded file must have, hexadecimal.
    """
    download_file(url, output, sha256)


if __name__ == "__main__":
    run(download_catalogue)
