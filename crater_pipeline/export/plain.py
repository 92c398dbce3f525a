"""Craters as comma-separated values, for whatever reads nothing else."""

from pathlib import Path

import pandas as pd

from crater_pipeline.atomic import atomic_path

DECIMALS = 6
"""Of degrees (3 cm on the Moon), kilometres and scores."""


def write_csv(path: Path, craters: pd.DataFrame) -> None:
    """One row a crater, the columns of the table, empty where nothing is known; UTF-8, header line, no index."""
    with atomic_path(path) as temporary:
        craters.to_csv(temporary, index=False, float_format=f"%.{DECIMALS}f", encoding="utf-8", lineterminator="\n")
