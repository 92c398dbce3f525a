"""Step: every crater with what is said about it: calibrated score, status, standard deviations."""

import logging
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection.merging import COLUMNS
from crater_pipeline.export import publication
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_model, read_table

logger = logging.getLogger(__name__)


def publish(
    *,
    craters: Path,
    operating_point: Path,
    catalogue: Path,
    output: ParquetFile,
    min_diameter_km: float = 0.0,
    body: Body,
) -> None:
    """Give every crater its calibrated score and its standing to the catalogue.

    Parameters
    ----------
    craters
        Parquet table of unique craters with raw scores.
    operating_point
        JSON: threshold and calibration.
    catalogue
        Parquet table of the region's catalogue; an empty one means that there is none.
    output
        Parquet table of every crater with calibrated score, status and catalogue_id.
    min_diameter_km
        Diameter from which the catalogue is complete: smaller craters that it lacks are `unverifiable`.
    body
        The body as JSON: name and radius_m.
    """
    point = read_model(operating_point, OperatingPoint)
    known = read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"])
    published = publication.publish(read_table(craters, COLUMNS), known, point, min_diameter_km, body)
    with atomic_path(output) as temporary:
        published.to_parquet(temporary, index=False)
    exported = published[publication.is_exported(published, point)]
    logger.info(
        "%d of %d craters at or above the threshold: %s",
        len(exported),
        len(published),
        exported["status"].value_counts().to_dict(),
    )


if __name__ == "__main__":
    run(publish)
