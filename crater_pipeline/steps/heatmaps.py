"""Step: the network's heatmaps over the windows that a region's pages show."""

import logging
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.detection.heatmaps import heatmaps as answers
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.weights import load_network
from crater_pipeline.reporting.heat_pictures import HeatPictures, Window, heat_picture
from crater_pipeline.reporting.pictures import CROP_PX, picture_windows
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile
from crater_pipeline.tables import read_geotable, read_table

logger = logging.getLogger(__name__)


def heatmaps(
    *,
    image: list[Path],
    elevation: list[Path] | None = None,
    weights: Path | None = None,
    metadata: Path | None = None,
    craters: Path,
    catalogue: Path,
    footprint: Path,
    output: JsonFile,
    body: Body,
    settings: InferenceSettings,
    shading: ShadingSettings | None = None,
) -> None:
    """Choose the windows to show, by the catalogue's craters, and write what the network answers about them.

    Parameters
    ----------
    image
        The raster that was searched; of a region that is searched by zones one a zone.
    elevation
        Terrain model that each image was shaded from.
    weights
        The network's weights (safetensors); without any there are windows and no heatmaps.
    metadata
        Their description (JSON).
    craters
        Parquet table of unique craters; they choose the windows where there is no catalogue.
    catalogue
        Parquet table of catalogue craters, possibly empty.
    footprint
        GeoParquet of the searched area by part.
    output
        JSON with windows and pictures.
    body
        The body as JSON: name and radius_m.
    settings
        How the network is run: section `inference` as JSON.
    shading
        How `image` was shaded: section `shading` as JSON, used with `elevation`.
    """
    places = ["lon", "lat", "diameter_km"]
    tables = (read_table(craters, places), read_table(catalogue, places))
    corners = picture_windows(image, *tables, read_geotable(footprint, ["split", "geometry"]), body)
    heat: list[str | None] = [None] * len(corners)
    if weights is not None and metadata is not None:
        network = load_network(weights, read_metadata(metadata))
        light = shading or ShadingSettings()
        terrain = dict(zip(image, (Terrain(path, light) for path in elevation), strict=True)) if elevation else {}
        heat = [
            heat_picture(each)
            for path, x, y in corners
            for each in answers(path, network, [(x, y)], CROP_PX, body, settings, terrain.get(path))
        ]
    windows = [Window(image=path, x=x, y=y, heat=each) for (path, x, y), each in zip(corners, heat, strict=True)]
    write_text(output, HeatPictures(size=CROP_PX, windows=windows).model_dump_json(indent=1) + "\n")
    logger.info("%s: %d windows", output, len(windows))


if __name__ == "__main__":
    run(heatmaps)
