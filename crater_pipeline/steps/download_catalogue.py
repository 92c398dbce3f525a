"""A crater catalogue from the internet."""

from crater_pipeline.download.files import download_file
from crater_pipeline.download.origin import Origin
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DownloadedTable


def download_catalogue(
    *,
    url: list[str],
    output: DownloadedTable,
    sha256: str | None = None,
    size_bytes: int | None = None,
    citation: str | None = None,
    licence: str | None = None,
) -> None:
    """Download a catalogue as it is, continuing an interrupted download.

    What is there already is kept if the server still has the same. Beside the output, `<output>.source.json` says
    where it comes from.

    Parameters
    ----------
    url
        Address, http or https; given several times: the same file elsewhere, tried in this order.
    output
        Where to write it. An archive stays one: `read_catalogue` knows it by its first bytes, whatever its name.
    sha256
        Checksum that the file must have, hexadecimal.
    size_bytes
        Size that it must have.
    citation
        How its authors want to be cited, for the record.
    licence
        Its terms, for the record.
    """
    download_file(Origin(url, sha256, size_bytes, citation, licence), output, "table")


if __name__ == "__main__":
    run(download_catalogue)
