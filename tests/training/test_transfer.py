"""The name of a run: whatever its weights depend on makes another one, nothing else does."""

from pathlib import Path

import pytest

from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.training import transfer
from crater_pipeline.training.settings import TrainingSettings
from crater_pipeline.training.transfer import run_key

MODEL, TRAINING = ModelSettings(initial="none"), TrainingSettings()


@pytest.fixture
def tiles(tmp_path: Path) -> tuple[Path, Path]:
    """Annotations and a folder of images."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"a")
    (tmp_path / "annotations.json").write_text("{}")
    return tmp_path / "annotations.json", tmp_path / "images"


def test_other_tiles_settings_and_code_are_other_runs(
    tiles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run_key(*tiles, None, MODEL, TRAINING)
    assert run_key(*tiles, None, MODEL, TRAINING.model_copy(update={"workers": 5})) == key
    others = {run_key(*tiles, None, MODEL, TRAINING.model_copy(update={"seed": 5}))}
    with monkeypatch.context() as edited:
        edited.setattr(transfer, "code_hash", lambda module: f"other code of {module}")
        others.add(run_key(*tiles, None, MODEL, TRAINING))
    (tiles[1] / "a.png").write_bytes(b"b")
    others.add(run_key(*tiles, None, MODEL, TRAINING))
    assert len(others - {key}) == 3
