"""Take a region's craters back as a catalogue, with the corrections that were made in QGIS."""

import logging
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from crater_pipeline.atomic import atomic_path
from crater_pipeline.review import corrections as reviewing
from crater_pipeline.review.layers import read_layers
from crater_pipeline.sphere.bodies import MOON, Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import CorrectedCsv
from crater_pipeline.tables import read_table

log = logging.getLogger(__name__)


def review(
    geopackage: Path,
    /,
    *,
    output: CorrectedCsv = Path("corrected.csv"),
    catalogue: Path | None = None,
    only_accepted: bool = False,
    body: Annotated[Body, Parameter(show_default=False)] = MOON,
) -> None:
    """Turn an edited `craters.gpkg` into a catalogue to train on: `review results/<region>/craters.gpkg`.

    In QGIS, move, reshape, delete or draw circles in the layers `craters` and `catalogue`, and write `accept` or
    `reject` into their column `review`. Circles are fitted anew where a shape was changed.

    Parameters
    ----------
    geopackage
        The region's GeoPackage as edited.
    output
        CSV with catalogue_id, lon, lat, diameter_km, origin: a catalogue of format `table`.
    catalogue
        The region's catalogue as it was (default: `catalogue.parquet` beside the GeoPackage, if it is there): its
        craters outside the searched area are kept too.
    only_accepted
        Leave out detections that the catalogue lacks and that were neither marked `accept` nor changed.
    body
        The body as JSON: name and radius_m.
    """
    layers = read_layers(geopackage, body)
    columns = reviewing.CATALOGUE_COLUMNS
    beside = geopackage.with_name("catalogue.parquet")
    source = catalogue or (beside if beside.is_file() else None)
    known = read_table(source, columns) if source else layers.catalogue[columns].dropna()
    corrected, fates = reviewing.review(layers, known, body, only_accepted)
    with atomic_path(output) as temporary:
        corrected.round({"lon": 6, "lat": 6, "diameter_km": 4}).to_csv(temporary, index=False)
    log.info("%s", ", ".join(f"{count} {name}" for name, count in fates.items() if count) or "nothing was changed")
    log.info("%s: %d craters: %s", output, len(corrected), corrected["origin"].value_counts().to_dict())


if __name__ == "__main__":
    run(review)
