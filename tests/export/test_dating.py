"""Model ages by CraterStats: what it is asked, how its answer is read, and what is said when it will not do."""

import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.export.dating import CHRONOLOGIES, DatingSettings, chronology_of, model_age
from crater_pipeline.simulation.targets import TARGETS

LUNAR = CHRONOLOGIES["moon"]


def craters(count: int, seed: int = 0) -> pd.DataFrame:
    """A cumulative power law of slope -3 from 1 km on."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"lon": 0.0, "lat": 0.0, "diameter_km": (1 - rng.uniform(size=count)) ** (-1 / 3)})


def program(folder: Path, body: str) -> str:
    path = folder / "craterstats"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def real() -> str:
    """The real CraterStats."""
    found = os.environ.get("CRATERSTATS") or shutil.which("craterstats")
    if not found:
        pytest.skip("CraterStats is not installed (set CRATERSTATS to what .ci/craterstats prints, or put it on PATH)")
    return found


def test_real_craterstats_finds_more_craters_older(real: str) -> None:
    young, old = (model_age(craters(3000), area, (1.5, 10.0), real, LUNAR) for area in (1e6, 1e5))
    assert young["n"] == old["n"] == int(craters(3000)["diameter_km"].between(1.5, 10).sum())
    assert 0 < young["low_ga"] < young["age_ga"] < young["high_ga"] < old["age_ga"] < 4.5


@pytest.mark.parametrize("body", TARGETS)
def test_real_craterstats_gives_a_simulated_surface_its_age_on_every_body(body: str, real: str) -> None:
    """What forms in the simulation by the body's own functions is dated by the body's own chronology."""
    production, random, area_km2 = TARGETS[body].production, np.random.default_rng(0), 1e5
    expected = (production.shape(1.0) - production.shape(20.0)) * production.chronology(3.7) * area_km2
    drawn = production.draw(random, int(random.poisson(expected)), 1.0, 20.0)
    table = pd.DataFrame({"lon": 0.0, "lat": 0.0, "diameter_km": drawn})
    age = model_age(table, area_km2, (1.0, 20.0), real, chronology_of(body, DatingSettings()))
    assert age["age_ga"] == pytest.approx(3.7, abs=0.02)


def test_a_body_has_its_own_chronology_and_a_named_one_wins() -> None:
    assert chronology_of("mars", DatingSettings()) == "Mars, Neukum-Ivanov (2001)"
    assert chronology_of("mercury", DatingSettings()).startswith("Mercury, ")
    assert chronology_of("mars", DatingSettings(chronology="hartmann2004")) == "hartmann2004"
    with pytest.raises(UserError, match=r"dating\.chronology: none is known for body 'ceres'"):
        chronology_of("ceres", DatingSettings())


def test_its_table_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    table = r"\357\273\277,,\n,,\nName,Area,Age,Age-,Age+,Age\nx,1,3.5,3.4,3.6,words\n"
    script = f"""while [ "$1" != -o ]; do shift; done\nprintf '{table}' > "$2.csv" """
    age = model_age(craters(10), 100.0, (1.0, 50.0), program(tmp_path, script), LUNAR)
    assert age == {"n": 10, "age_ga": 3.5, "low_ga": 3.4, "high_ga": 3.6}


def test_without_a_crater_in_the_range_there_is_no_age() -> None:
    age = model_age(craters(10), 100.0, (500.0, 600.0), "/nowhere", LUNAR)
    assert age == {"n": 0, "age_ga": None, "low_ga": None, "high_ga": None}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "is not there"),
        ("echo 'no such system' >&2; exit 3", "failed .no such system."),
        ("exit 0", "holds no age"),
        ("""while [ "$1" != -o ]; do shift; done; echo nonsense > "$2.csv" """, "holds no age"),
    ],
)
def test_a_program_that_will_not_do_is_said_so(tmp_path: Path, script: str | None, message: str) -> None:
    path = str(tmp_path / "missing") if script is None else program(tmp_path, script)
    with pytest.raises(UserError, match=f"dating.program: .*{message}"):
        model_age(craters(10), 100.0, (1.0, 50.0), path, LUNAR)
