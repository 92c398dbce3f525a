"""What a region needs from the internet: looked at, or fetched into a folder for a machine without a network."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from crater_pipeline.configuration.given_files import unusable_files
from crater_pipeline.configuration.needs import Need, needs_of
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.reading import read_configuration
from crater_pipeline.download.account import size_text
from crater_pipeline.download.availability import Availability, of_file, of_window
from crater_pipeline.download.files import download_file
from crater_pipeline.download.windows import download_window
from crater_pipeline.errors import UserError, listing
from crater_pipeline.rasters.progress import span
from crater_pipeline.steps._command import run

log = logging.getLogger(__name__)


def fetch(
    region: str,
    /,
    *,
    configfile: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    check: Annotated[bool, Parameter(negative="")] = False,
    to: Path | None = None,
) -> None:
    """Look whether all that a region needs can be had, or fetch it: `fetch hongwan --check`, `fetch hongwan --to data`.

    A folder that was filled so is named on the other machine with the key `sources` of the configuration.

    Parameters
    ----------
    region
        Name of a region of the configuration.
    configfile
        Files laid over the default configuration, as for Snakemake.
    check
        Only look: whether each file can be had, how large it is, how much of it is needed, and about how long that
        takes. A megabyte is read of each.
    to
        Folder to fetch into. What is there already is not fetched again.
    """
    if check == (to is not None):
        raise UserError("fetch: say either --check, or --to <folder>")
    configuration = read_configuration(configfile or [])
    if region not in configuration.regions:
        raise UserError(f"fetch: no region '{region}'; there are {listing(configuration.regions)}")
    needs = needs_of(configuration, region)
    problems = list(unusable_files(RegionPlan(region, configuration)))
    if to is None:
        problems += _look(needs)
    else:
        problems += _fetch(needs, to)
    if problems:
        raise UserError("; ".join(problems))
    if to is not None:
        print(f"Without a network: snakemake --cores 8 --config sources={to} -- results/{region}/craters.gpkg")


def _look(needs: list[Need]) -> Iterator[str]:
    """Print what can be had, and give what cannot."""
    found: list[Availability] = []
    for need in needs:
        if not need.source.remote:
            print(f"{need.key}: {need.source.path}, used in place")
            continue
        try:
            found.append(of_file(need.origin, need.content) if need.part is None else of_window(need.origin, need.part))
        except UserError as error:
            print(f"{need.key}: cannot be had")
            yield f"{need.key}: {error}"
        else:
            print(f"{need.key}: {_said(found[-1])}")
    if not any(need.source.remote for need in needs):
        print("Nothing to fetch")
    if not found:
        return
    size = sum(each.needed_bytes or 0 for each in found)
    seconds = sum(each.seconds or 0.0 for each in found)
    print(f"To fetch: {size_text(size)}, {_about(seconds)}")


def _about(seconds: float) -> str:
    return f"about {span(max(seconds, 1))}"


def _said(found: Availability) -> str:
    whole = "size unknown" if found.published_bytes is None else size_text(found.published_bytes)
    part = "" if found.needed_bytes == found.published_bytes else f", needed {size_text(found.needed_bytes or 0)}"
    took = "" if found.seconds is None else f", {_about(found.seconds)}"
    return f"{found.url}: {whole}{part}{took} at {size_text(found.bytes_per_s)}/s"


def _fetch(needs: list[Need], to: Path) -> Iterator[str]:
    """Fetch what is remote, and give what could not be."""
    for need in needs:
        if not need.source.remote:
            log.info("%s: %s is a file of this machine; take it along", need.key, need.source.path)
            continue
        try:
            if need.part is None:
                download_file(need.origin, to / need.name, need.content)
            else:
                download_window(need.origin, to / need.name, need.part)
        except UserError as error:
            yield f"{need.key}: {error}"
        else:
            print(f"{need.key}: {to / need.name}")


if __name__ == "__main__":
    run(fetch)
