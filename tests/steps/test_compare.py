"""compare: from the files of several regions to figures and a page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.steps.compare import compare
from tests.html_page import check_page
from tests.judged_chain import heatmaps_of, write_image
from tests.judged_region import MOON, point_at, random_region

FILES = {
    "craters": "craters_all.parquet",
    "operating_point": "operating_point.json",
    "catalogue": "catalogue.parquet",
    "footprint": "footprint.parquet",
    "metadata": "weights.json",
    "heatmaps": "heatmaps.json",
}


def write_region(folder: Path, spoil: float = 0.0, empty: bool = False) -> None:
    """One region's files; `spoil` is the share of the craters whose score is lost."""
    folder.mkdir()
    region = random_region(0, n=500)
    lost = np.random.default_rng(1).random(len(region.craters)) < spoil
    craters = region.craters.assign(
        score=np.where(lost, 0.02, region.craters["score"]), status="candidate", catalogue_id=None
    )
    (craters.iloc[:0] if empty else craters).to_parquet(folder / FILES["craters"])
    region.catalogue.to_parquet(folder / FILES["catalogue"])
    region.footprint.to_parquet(folder / FILES["footprint"])
    (folder / FILES["operating_point"]).write_text(point_at(0.3).model_dump_json())
    (folder / FILES["metadata"]).write_text(json.dumps({"backbone": "resnet50", "hash": "0123abcd"}))
    (folder / FILES["heatmaps"]).write_text(json.dumps(heatmaps_of(folder.parent / "image.tif")))


def run(folder: Path, entry: list[str]) -> tuple[dict[str, Any], str]:
    regions = ["first", "second", "third"]
    compare(
        region=regions,
        **{key: [folder / name / file for name in regions] for key, file in FILES.items()},
        entry=entry,
        output=folder / "metrics.json",
        output_report=folder / "report.html",
        output_table=folder / "table.md",
        title="A & <B>",
        body=MOON,
        settings=EvaluationSettings(min_diameter_km=2.0, bootstrap_samples=100),
    )
    figures: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return figures, (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_image(folder / "image.tif")
    write_region(folder / "first")
    write_region(folder / "second", spoil=0.3)
    write_region(folder / "third", empty=True)
    return folder


def test_the_page_stands_alone_and_shows_the_figures(folder: Path) -> None:
    figures, page = run(folder, ["first=_as = is, $x$", "second=<spoilt>"])
    check_page(page)
    assert [entry["label"] for entry in figures["entries"]] == ["_as = is, $x$", "<spoilt>"]
    for entry in figures["entries"]:
        for criterion in entry["criteria"].values():
            for rate in ("precision", "recall", "f1", "average_precision"):
                assert f"{100 * criterion[rate]['value']:.1f} %" in page
    for rate, difference in figures["differences"][0]["criteria"]["iou50"].items():
        assert f"{100 * difference['value']:+.1f}" in page, rate
    assert page.count('class="chart"') == 6
    # two windows, two entries; the first window has a heatmap
    assert page.count('<figure class="picture">') == 4
    assert page.count('class="heat"') == 2
    assert "&lt;spoilt&gt;" in page
    assert "A &amp; &lt;B&gt;" in page
    for printed in ("75.97", "74.71", "75.08", "81.35"):
        assert f"{printed} %" in page
    # The label stands in the tables, and in the legends of the charts.
    assert page.count("_as = is, $x$") >= 8


def test_the_table_holds_the_figures_and_the_labels_as_they_are(folder: Path) -> None:
    figures, _ = run(folder, ["first=_as = is, $x$ | y", "second=<spoilt>"])
    cells = cells_of((folder / "table.md").read_text())
    assert [row[0] for row in cells[1:]] == ["_as = is, $x$ | y", "<spoilt>"]
    rates = ("precision", "recall", "f1", "average_precision")
    for entry, row in zip(figures["entries"], cells[1:], strict=True):
        for rate, cell in zip(rates, row[1:5], strict=True):
            figure = entry["criteria"]["iou50"][rate]
            assert cell == "{value:.1f} ({low:.1f} to {high:.1f})".format(**{k: 100 * v for k, v in figure.items()})
    paired = figures["differences"][0]["criteria"]["iou50"]["f1"]
    assert cells[1][5:] == ["", ""]
    assert cells[2][5].startswith(f"{100 * paired['value']:+.1f} (")


def cells_of(text: str) -> list[list[str]]:
    """The cells of the one table of a Markdown text, as a reader sees them."""
    rows: list[list[str]] = []
    for token in MarkdownIt().enable("table").parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level == 4:
            rows[-1].append("".join(child.content for child in token.children or []))
    return rows


def test_the_same_inputs_give_the_same_page(folder: Path) -> None:
    assert run(folder, ["first=a", "second=b"]) == run(folder, ["first=a", "second=b"])


@pytest.mark.parametrize("entry", [["first=a"], ["first=a", "third=nothing found"], ["third=nothing found"]])
def test_a_page_is_made_whatever_was_found(folder: Path, entry: list[str]) -> None:
    figures, page = run(folder, entry)
    check_page(page)
    assert len(figures["differences"]) == len(entry) - 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_region(tmp_path / name)
    with pytest.raises(UserError, match=r"third.*craters_all\.parquet"):
        run(tmp_path, ["first=a"])
    assert not (tmp_path / "report.html").exists()
