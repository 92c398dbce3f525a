"""One page over all finished regions and comparisons, with links to their own pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from crater_pipeline.code_files import code_version
from crater_pipeline.reporting import curves
from crater_pipeline.reporting.comparison_figures import series_of
from crater_pipeline.reporting.pages import page


def render(regions: Sequence[Mapping[str, Any]], comparisons: Sequence[Mapping[str, Any]]) -> str:
    """The page as HTML.

    Parameters
    ----------
    regions
        {title, report, metrics}: the heading, the path of the region's page from this one, its `metrics.json`.
    comparisons
        The same of comparisons.
    """
    judged = [each for each in regions if each["metrics"]["criteria"]]
    entries = [
        {
            "label": each["title"],
            "area_km2": each["metrics"]["area_km2"][each["metrics"]["split"]],
            "figures": each["metrics"]["criteria"][each["metrics"]["headline"]],
        }
        for each in judged
    ]
    models = [
        {
            "label": f"{each['title']}: {entry['label']}",
            "area_km2": entry["area_km2"],
            "figures": entry["criteria"][head],
        }
        for each in comparisons
        for head in [each["metrics"]["headline"]]
        for entry in each["metrics"]["entries"]
    ]
    return page(
        "summary.html.j2",
        {
            "regions": regions,
            "comparisons": comparisons,
            "charts": {
                "regions": curves.resample_figure(series_of(entries)),
                "models": curves.resample_figure(series_of(models)),
            },
            "version": code_version(),
        },
    )
