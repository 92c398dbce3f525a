"""Model ages by CraterStats, run as the program that it is: what the craters are wanted for."""

import csv
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from crater_pipeline.errors import UserError
from crater_pipeline.export.craterstats import write_diam
from crater_pipeline.settings import Settings

CHRONOLOGIES = {
    "moon": "Moon, Neukum et al. (2001)",
    "mars": "Mars, Neukum-Ivanov (2001)",
    "mercury": "Mercury, Neukum et al. (2001)",
}
"""Of each body the system that is taken where none is named: production and chronology of one lineage."""

LIMIT_S = 300
"""CraterStats takes a few seconds."""


class DatingSettings(Settings):
    """Model age of a region, from its craters and from the catalogue's, in the report."""

    program: str | None = Field(
        None,
        description="Path of CraterStats 3.6 or newer (`craterstats`, in an environment of its own), or its name if it "
        "is on PATH. Without it nothing is dated.",
    )
    chronology: str | None = Field(
        None,
        description="Chronology system, as `craterstats -lcs` lists them (null: that of Neukum et al. (2001) for the "
        "region's body, the Moon, Mars or Mercury; for any other name one).",
    )
    min_diameter_km: float | None = Field(
        None, gt=0, description="Smallest crater to date by (null: the diameter from which craters are judged)."
    )
    max_diameter_km: float = Field(
        20.0,
        gt=0,
        description="Largest crater to date by; larger ones are few, and older than the surface they stand on.",
    )


def chronology_of(body: str, settings: DatingSettings) -> str:
    """The chronology system that the settings name, else that of the body.

    Raises
    ------
    UserError
        If none is named and none is known for the body.
    """
    chronology = settings.chronology or CHRONOLOGIES.get(body)
    if chronology is None:
        raise UserError(
            f"dating.chronology: none is known for body '{body}'; name one of those that `craterstats -lcs` lists, or "
            "leave dating.program out"
        )
    return chronology


def model_age(
    craters: pd.DataFrame, area_km2: float, range_km: tuple[float, float], program: str, chronology: str
) -> dict[str, Any]:
    """Age in Ga with its errors, by Poisson statistics (Michael et al. 2016, doi:10.1016/j.icarus.2016.05.019).

    `craters` (lon, lat, diameter_km) are counted between the two diameters on `area_km2`. Keys: n, age_ga, low_ga and
    high_ga; the ages are None without a crater in the range.

    Raises
    ------
    UserError
        If the program is not there, fails or says nothing.
    """
    n = int(craters["diameter_km"].between(*range_km).sum())
    nothing: dict[str, Any] = {"n": n, "age_ga": None, "low_ga": None, "high_ga": None}
    if n == 0 or area_km2 <= 0:
        return nothing
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "craters.diam", Path(folder) / "age"
        write_diam(source, craters, area_km2)
        low, high = range_km
        run_program(
            [
                program,
                *("-cs", chronology, "-pr", "differential", "-p", f"source={source}"),
                *("-p", f"type=poisson,range=[{low:.6g},{high:.6g}]", "-o", str(out), "-f", "csv"),
            ]
        )
        return nothing | read_age(out.with_suffix(".csv"), program)


def run_program(command: list[str]) -> None:
    """Run CraterStats without a display."""
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    # It must not find our packages: it has an environment of its own.
    environment.pop("PYTHONPATH", None)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            timeout=LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise UserError(
            f"dating.program: '{command[0]}' is not there; install craterstats in an environment of its own (Python >= "
            "3.12) and give the path of its executable, or leave dating.program out"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"dating.program: '{command[0]}' could not be run ({error}); try it by hand") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise UserError(
            f"dating.program: '{command[0]}' failed ({said[-1] if said else 'without a word'}); try it by hand"
        )


def read_age(path: Path, program: str) -> dict[str, Any]:
    """Age and errors from CraterStats' table, whose columns stand in its third line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        names = next(row for row in rows if row and row[0] == "Name")
        values = rows[rows.index(names) + 1]
        # The names come again further right, over the same figures made up for printing.
        age, low, high = (float(values[names.index(name)]) for name in ("Age", "Age-", "Age+"))
        return {"age_ga": age, "low_ga": low, "high_ga": high}
    except (OSError, StopIteration, IndexError, ValueError) as error:
        raise UserError(
            f"dating.program: the table that '{program}' wrote holds no age ({error!r}); version 3.6 or newer is needed"
        ) from error
