"""The table of depths, and how it joins the craters'."""

from pathlib import Path

import numpy as np
import pandas as pd

from crater_pipeline.tables import read_table

COLUMNS = ["depth_m", "depth_sd_m", "rim_height_m", "rim_height_sd_m", "depth_to_diameter", "depth_to_diameter_sd"]
"""What is measured of each crater."""


def read_depths(path: Path | None) -> pd.DataFrame | None:
    """`depths.parquet` as `measure_depth` writes it; None without a file. Errors as `read_table`."""
    return None if path is None else read_table(path, ["crater_id", *COLUMNS])


def with_depths(craters: pd.DataFrame, depths: pd.DataFrame | None) -> pd.DataFrame:
    """`craters` with the columns `COLUMNS` of `depths`, by `crater_id`; empty ones where nothing was measured."""
    if depths is None:
        return craters.assign(**dict.fromkeys(COLUMNS, np.nan))
    known = depths.set_index("crater_id")[COLUMNS].reindex(craters["crater_id"])
    return craters.assign(**{name: known[name].to_numpy(dtype=float) for name in COLUMNS})
