"""The picture of a terrain model under the configured sun."""

from pathlib import Path

from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff


def shade(*, elevation: Path, output: GeoTiff, body: Body, settings: ShadingSettings | None = None) -> None:
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
    """
    shade_raster(elevation, output, body, settings or ShadingSettings())


if __name__ == "__main__":
    run(shade)
