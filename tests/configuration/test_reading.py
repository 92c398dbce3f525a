"""The configuration without Snakemake: the same files, laid over each other in the same way."""

from pathlib import Path

import pytest

from crater_pipeline.configuration.reading import read_configuration
from crater_pipeline.errors import UserError


def test_the_default_is_the_checkouts_unless_the_working_directory_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "hongwan" in read_configuration([]).regions
    (tmp_path / "config").mkdir()
    mine = "bodies: {ceres: {radius_m: 470000}}\nmosaics: {m: {kind: dtm, body: ceres, url: m.tif}}\n"
    mine += "regions: {r: {mosaic: m, bounds: [0, 0, 1, 1], training: {enabled: false}}}\n"
    (tmp_path / "config" / "config.yaml").write_text(mine)
    assert set(read_configuration([]).regions) == {"r"}


def test_files_are_laid_over_the_default_one_after_the_other(tmp_path: Path) -> None:
    for number, size in enumerate((256, 1024)):
        text = f"tiling: {{size: {size}}}\nregions: {{demo: {{title: 'Number {number}'}}}}\n"
        (tmp_path / f"{number}.yaml").write_text(text if number else text + "merging: {max_size_ratio: 1.4}\n")
    configuration = read_configuration([tmp_path / "0.yaml", tmp_path / "1.yaml"])
    assert configuration.tiling.size == 1024
    assert configuration.regions["demo"].title == "Number 1"
    assert configuration.merging.max_size_ratio == 1.4


def test_a_file_that_is_not_there_or_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: cannot be read"):
        read_configuration([tmp_path / "nowhere.yaml"])
    (tmp_path / "wrong.yaml").write_text("tilling: {}\n")
    with pytest.raises(UserError, match="did you mean 'tiling'"):
        read_configuration([tmp_path / "wrong.yaml"])
