"""The picture of a terrain model under the configured sun."""

from pathlib import Path

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import file_stamp, run_name
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff
from crater_pipeline.unfinished import kept_folder

CODE = "crater_pipeline.steps.shade"
"""This module, whose name is another one when it is run as a command."""


def shade(
    *,
    elevation: Path,
    output: GeoTiff,
    body: Body,
    settings: ShadingSettings | None = None,
    parts: Path | None = None,
) -> None:
    """Shade a terrain model with the Lunar-Lambert law.

    Parameters
    ----------
    elevation
        Terrain model in metres on a conformal map, as `reproject` writes it.
    output
        GeoTIFF to write on the same grid: greys 1 to 255, 0 where there is no data.
    body
        Body as JSON, for instance {"name": "moon", "radius_m": 1737400}.
    settings
        Section `shading` of the configuration as JSON.
    parts
        Folder for the finished strips of a large raster, removed in the end: work that was cut off goes on from it.
    """
    settings = settings or ShadingSettings()
    told = [file_stamp(elevation), body.model_dump_json(), settings.model_dump_json(), code_hash(CODE)]
    with kept_folder(parts, run_name([], told)) as kept:
        shade_raster(elevation, output, body, settings, kept=kept)


if __name__ == "__main__":
    run(shade)
