"""The first look: everything it names is there, from whatever folder it is called."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.steps import demo as module
from crater_pipeline.steps._kinds import DEMO_FILES
from crater_pipeline.steps._outputs import check_outputs
from crater_pipeline.steps.demo import demo


def test_a_piece_of_moon_is_made_searched_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "BOUNDS", (-0.4, -0.4, 0.4, 0.4))
    monkeypatch.chdir(tmp_path)
    demo()
    folder = tmp_path / "crater-demo"
    assert {path.name for path in folder.iterdir()} == set(DEMO_FILES)
    craters, catalogue = (gpd.read_file(folder / "craters.gpkg", layer=layer) for layer in ("craters", "catalogue"))
    known = pd.read_csv(folder / "known_craters.csv")
    assert set(catalogue["catalogue_id"]) <= set(known["catalogue_id"])
    assert catalogue["found"].sum() == (craters["status"] == "matched").sum() > 0
    printed = capsys.readouterr().out
    assert f"map: {folder / 'map.html'}\n" in printed
    assert f"for QGIS: {folder / 'craters.gpkg'}\n" in printed
    page = (folder / "map.html").read_text()
    found = re.search(r"(\d+) craters were found .* (\d+) of the (\d+) known ones", printed)
    assert found is not None
    assert found[0] in page
    assert int(found[1]) == len(craters)
    assert 0 < int(found[2]) <= int(found[3])
    drawn = json.loads(page.partition('id="map-data">')[2].partition("</script>")[0])
    assert len(drawn["craters"]["x"]) == len(craters)
    assert set(re.findall(r'getElementById\("([\w-]+)"\)', page)) <= set(re.findall(r'id="([\w-]+)"', page))
    assert "default-src 'none'" in page
    check_outputs(demo, {"out": folder})  # it may be made again


def test_a_folder_with_something_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UserError, match="no folder of the demonstration, so it is kept"):
        check_outputs(demo, {"out": tmp_path})
