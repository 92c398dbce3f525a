"""Step: one page over all finished regions and comparisons."""

import logging
import os
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.errors import UserError
from crater_pipeline.reporting.summary_page import render
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import HtmlPage
from crater_pipeline.tables import read_json

logger = logging.getLogger(__name__)


def summarise(
    *,
    region: list[Path] | None = None,
    title: list[str] | None = None,
    comparison: list[Path] | None = None,
    output: HtmlPage,
) -> None:
    """Write a page with the headline figures of all regions and comparisons and links to their pages.

    Parameters
    ----------
    region
        `metrics.json` of finished regions; each has its `report.html` beside it.
    title
        Headings of the regions, in the same order.
    comparison
        `metrics.json` of finished comparisons.
    output
        The HTML file.
    """
    if not region:
        raise UserError("no configured region has a report yet; make results/<region>/report.html first")
    named = zip(title or [], region, strict=True)
    regions = [{"title": heading, **entry(path, output)} for heading, path in named]
    comparisons = [entry(path, output) for path in comparison or []]
    write_text(
        output,
        render(regions, [{"title": each["metrics"]["title"], **each} for each in comparisons]),  # type: ignore[index]
    )
    logger.info("%s: %d regions, %d comparisons", output, len(regions), len(comparisons))


def entry(metrics: Path, page: Path) -> dict[str, object]:
    """Figures, and the path of their own page from `page`."""
    report = Path(os.path.relpath(metrics.parent / "report.html", page.parent)).as_posix()
    return {"report": report, "metrics": read_json(metrics)}


if __name__ == "__main__":
    run(summarise)
