"""A page that is a map and nothing else: the report's map, where nothing was judged."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.code_files import code_version
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.reporting.map_data import map_data
from crater_pipeline.reporting.pages import asset, page
from crater_pipeline.sphere.bodies import Body


def render(
    title: str,
    lead: str,
    image: Path,
    craters: pd.DataFrame,
    missable: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    threshold: float,
    body: Body,
) -> str:
    """The page as HTML: `title`, `lead` under it, and the map; craters, missable and footprint as in `map_data`."""
    mapped = map_data(image, craters, missable, footprint, raster_info(image).pixel_size_m / 1000.0, body)
    return page(
        "map.html.j2",
        {
            "title": title,
            "lead": lead,
            "map": mapped,
            "threshold": threshold,
            "least_score": min([threshold, *mapped["craters"]["score"]]),
            "criteria": len(missable) > 0,
            "leaflet": {name: asset(f"leaflet.{name}") for name in ("js", "css")},
            "map_script": asset("map.js"),
            "version": code_version(),
        },
    )
