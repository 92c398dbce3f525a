"""The page over all regions."""

import json
from pathlib import Path

import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.steps.summarise import summarise
from tests.html_page import References
from tests.judged_chain import Chain
from tests.judged_region import Region, random_region


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two regions, the second without a catalogue."""
    folder = tmp_path_factory.mktemp("results")
    region = random_region(2)
    for name, each in (
        ("first", region),
        ("second", Region(region.craters, region.catalogue.iloc[:0], region.footprint)),
    ):
        (folder / name).mkdir()
        Chain(folder / name, each).run(trained=name == "first")
    return folder


def test_without_a_finished_region_it_says_what_to_make(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no configured region has a report yet; make"):
        summarise(output=tmp_path / "summary.html")


def test_it_shows_every_region_and_leads_to_its_page(folder: Path) -> None:
    metrics = [folder / name / "metrics.json" for name in ("first", "second")]
    summarise(region=metrics, title=["The <first>", "Second"], output=folder / "summary.html")
    page = (folder / "summary.html").read_text()
    found = References()
    found.feed(page)
    assert found.open == []
    links = [each for each in found.fetched if not each.startswith("#")]
    assert links == ["first/report.html", "second/report.html"]
    assert all((folder / link).is_file() for link in links)
    f1 = json.loads(metrics[0].read_text())["criteria"]["iou50"]["f1"]["value"]
    assert f"{100 * f1:.1f} %" in page
    assert "The &lt;first&gt;" in page
    assert "no catalogue, so not judged" in page
    assert page.count('class="chart"') == 1
