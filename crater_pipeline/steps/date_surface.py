"""Step: the region's model age, from the craters found and from the catalogue's."""

import json
import logging
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.export.dating import DatingSettings, chronology_of, model_age
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile
from crater_pipeline.tables import read_geotable, read_model, read_table
from crater_pipeline.tiles.inside import footprint_part, rows_inside

logger = logging.getLogger(__name__)

PLACES = ["lon", "lat", "diameter_km"]


def date_surface(
    *,
    craters: Path,
    operating_point: Path,
    catalogue: Path,
    footprint: Path,
    output: JsonFile,
    min_diameter_km: float,
    body: Body,
    settings: DatingSettings,
) -> None:
    """Write the model ages of the searched area by CraterStats.

    Parameters
    ----------
    craters
        Parquet table of all craters with calibrated scores; those at or above the threshold are counted.
    operating_point
        JSON with the threshold.
    catalogue
        Parquet table of catalogue craters, possibly empty.
    footprint
        GeoParquet of the searched area by part.
    output
        JSON with the ages.
    min_diameter_km
        Smallest crater to date by, where the settings name none.
    body
        The body as JSON, whose chronology is taken where the settings name none.
    settings
        The program, the chronology and the range: section `dating` as JSON.
    """
    chronology = chronology_of(body.name, settings)
    areas = read_geotable(footprint, ["split", "area_km2", "geometry"])
    found = read_table(craters, [*PLACES, "score"])
    found = found[found["score"] >= read_model(operating_point, OperatingPoint).threshold]
    sources = {"craters": found, "catalogue": read_table(catalogue, PLACES)}
    searched = footprint_part(areas)
    area_km2 = float(areas["area_km2"].sum())
    range_km = (settings.min_diameter_km or min_diameter_km, settings.max_diameter_km)
    ages = {
        name: model_age(rows_inside(table, searched), area_km2, range_km, str(settings.program), chronology)
        for name, table in sources.items()
        if name == "craters" or len(table)
    }
    document = {"chronology": chronology, "range_km": range_km, "area_km2": area_km2, "ages": ages}
    write_text(output, json.dumps(document, indent=1) + "\n")
    for name, age in ages.items():
        logger.info("%s: %d craters of %g to %g km, model age %s Ga", name, age["n"], *range_km, age["age_ga"])


if __name__ == "__main__":
    run(date_surface)
