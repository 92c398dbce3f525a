"""A user's mistake ends before anything runs: exit code 1, one message with the key's path, no traceback."""

from pathlib import Path

import pytest

from tests.workflow.conftest import Checkout

TARGET = "results/demo/craters.gpkg"


def refusal(checkout: Checkout, tmp_path: Path, text: str, target: str = TARGET) -> str:
    """What Snakemake prints when `text` is laid over the default configuration."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    done = checkout.snakemake("--dry-run", "--configfile", str(overlay), "--", target, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 1, printed
    assert "Traceback" not in printed
    assert "rule simulate" not in printed
    return printed


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("tiling: {sise: 3}", "tiling.sise"),
        ("regions: {hongwan: {tiling: {overlap: many}}}", "regions.hongwan.tiling.overlap"),
        ("regions: {hongwan: {mosaic: nowhere}}", "regions.hongwan.mosaic"),
        ("training: {enabled: false}\nmodel: {initial: none}", "model.initial"),
        ("regions: {hongwan: {catalogue: null}}", "regions.hongwan.catalogue"),
    ],
)
def test_a_wrong_key_is_one_line(checkout: Checkout, tmp_path: Path, text: str, path: str) -> None:
    lines = [line for line in refusal(checkout, tmp_path, text).splitlines() if line.startswith("error:")]
    assert len(lines) == 1
    assert path in lines[0]


def test_a_missing_mosaic_is_named(checkout: Checkout, tmp_path: Path) -> None:
    text = (
        "mosaics: {mine: {kind: image, body: moon, url: nowhere/mine.tif}}\n"
        "regions: {mine: {mosaic: mine, bounds: [0, 0, 1, 1], training: {enabled: false}}}"
    )
    printed = refusal(checkout, tmp_path, text, "results/mine/craters.gpkg")
    assert "error: mosaics.mine.url: nowhere/mine.tif is not there" in printed


def test_a_missing_catalogue_of_published_craters_is_named(checkout: Checkout, tmp_path: Path) -> None:
    text = (
        "catalogues: {theirs: {format: table, url: nowhere/theirs.csv}}\n"
        "regions: {theirs: {like: demo, baseline: {method: published, catalogue: theirs}}}"
    )
    printed = refusal(checkout, tmp_path, text, "results/theirs/craters.gpkg")
    assert "error: catalogues.theirs.url: nowhere/theirs.csv is not there" in printed


def test_an_unknown_region_is_named(checkout: Checkout, tmp_path: Path) -> None:
    assert "results/atlantis/craters.gpkg" in refusal(checkout, tmp_path, "{}", "results/atlantis/craters.gpkg")
