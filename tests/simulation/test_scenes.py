"""Simulated scenes as files: drawn once, and anew by other code."""

from pathlib import Path

import numpy as np
import pytest

from crater_pipeline.simulation import scenes
from crater_pipeline.simulation.scenes import drawn_scene

SIZE = 96


def test_a_scene_is_drawn_once_and_anew_by_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn_scene(0, SIZE, 3, tmp_path)
    before = first.stat().st_mtime_ns
    assert drawn_scene(0, SIZE, 3, tmp_path) == first
    assert first.stat().st_mtime_ns == before
    with np.load(first) as arrays:
        assert arrays["elevation"].shape == arrays["albedo"].shape == (SIZE, SIZE)
        assert len(arrays["circles"]) == len(arrays["visibility"]) > 0
    monkeypatch.setattr(scenes, "code_hash", lambda module: f"other code of {module}")
    assert drawn_scene(0, SIZE, 3, tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 2


def test_every_scene_is_another_and_the_same_again(tmp_path: Path) -> None:
    drawn = [drawn_scene(index, SIZE, seed, tmp_path / "a") for index, seed in ((0, 3), (1, 3), (0, 4))]
    assert len(set(drawn)) == 3
    again = drawn_scene(1, SIZE, 3, tmp_path / "b")
    with np.load(drawn[1]) as one, np.load(again) as other:
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])
