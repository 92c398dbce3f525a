"""The step: what is known of the detections travels on, and a broken operating point is named."""

from pathlib import Path

import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.steps.publish import publish
from crater_pipeline.tables import read_table
from tests.export.small_region import MOON, OPERATING_POINT, catalogue_of, craters_of


def published(folder: Path, operating_point: str) -> Path:
    craters = craters_of([0.0, 1.0, 1.0], [0.0, 0.0, 0.5], [5.0, 5.0, 1.5], [0.9, 0.1, 0.9])
    craters.attrs = {"weights_hash": "abc"}
    craters.to_parquet(folder / "merged.parquet")
    catalogue_of([0.0], [0], [5]).to_parquet(folder / "catalogue.parquet")
    (folder / "operating_point.json").write_text(operating_point)
    publish(
        craters=folder / "merged.parquet",
        operating_point=folder / "operating_point.json",
        catalogue=folder / "catalogue.parquet",
        output=folder / "craters_all.parquet",
        min_diameter_km=2.0,
        body=MOON,
    )
    return folder / "craters_all.parquet"


def test_every_crater_is_there_with_its_standing(tmp_path: Path) -> None:
    table = read_table(published(tmp_path, OPERATING_POINT.model_dump_json()), ["score", "raw_score", "status"])
    assert table["status"].tolist() == ["matched", "candidate", "unverifiable"]
    assert table["raw_score"].tolist() == pytest.approx([0.9, 0.1, 0.9])
    assert table["score"].tolist() == pytest.approx([0.5 + 0.6 / 0.7 * 0.5, 0.5 / 3, 0.5 + 0.6 / 0.7 * 0.5], rel=1e-6)
    assert table.attrs["weights_hash"] == "abc"


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not valid JSON"), ('{"calibration": {"kind": "identity"}}', "threshold: Field required")],
)
def test_a_broken_operating_point(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        published(tmp_path, text)
    assert not (tmp_path / "craters_all.parquet").exists()
