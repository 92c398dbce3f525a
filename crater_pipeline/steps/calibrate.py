"""Step: the score's calibration and the operating threshold, from the validation part."""

import logging
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.evaluation.operating_point import operating_point
from crater_pipeline.models.metadata import Scored
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile
from crater_pipeline.tables import read_geotable, read_model, read_table

logger = logging.getLogger(__name__)


def calibrate(
    *,
    craters: Path,
    catalogue: Path,
    footprint: Path,
    metadata: Path,
    initial_operating_point: Path | None = None,
    output: JsonFile,
    trained: bool,
    suns: int = 1,
    min_diameter_km: float,
    max_cut_fraction: float,
    body: Body,
) -> None:
    """Fit score calibration and threshold (best F1) on the validation part; otherwise take the weights' own.

    Parameters
    ----------
    craters
        Parquet table of deduplicated craters with the network's score.
    catalogue
        Parquet table of catalogue craters.
    footprint
        GeoParquet of the searched area by part.
    metadata
        The weights' JSON, with their own threshold and calibration.
    initial_operating_point
        JSON of the region that the weights come from: its threshold and calibration count as the weights' own.
    output
        JSON: threshold, calibration, and where they come from.
    trained
        Whether the network was trained on this region; if not, nothing is fitted on it.
    suns
        Suns under which the region was searched: the weights' own threshold depends on it.
    min_diameter_km
        Diameter from which craters are judged.
    max_cut_fraction
        Craters with a larger share of their area outside the searched area are not judged.
    body
        The body as JSON: name and radius_m.
    """
    own = read_model(metadata, Scored).under(suns)
    if initial_operating_point is not None:
        own = read_model(initial_operating_point, OperatingPoint).scoring
    point = operating_point(
        read_table(craters, ["lon", "lat", "diameter_km", "diameter_px", "score"]),
        read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"]),
        read_geotable(footprint, ["split", "area_km2", "geometry"]),
        own,
        trained,
        min_diameter_km,
        max_cut_fraction,
        body,
    )
    write_text(output, point.model_dump_json(indent=1) + "\n")
    logger.info("threshold %.3f (raw %.3f), from %s", point.threshold, point.raw_threshold, point.source)


if __name__ == "__main__":
    run(calibrate)
