"""A small simulated Moon on disk, for tests that train on it."""

from pathlib import Path

from crater_pipeline.labels.catalogues import clip_catalogue, read_catalogue
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps.simulate import simulate


def simulated_ground(folder: Path, seed: int, area: tuple[float, float, float, float]) -> None:
    """`image.tif`, `elevation.tif` (reprojected, 200 m a pixel) and `catalogue.parquet` of an area in degrees."""
    bounds = Bounds(*area)
    simulate(
        output_image=folder / "moon.tif",
        output_dtm=folder / "dtm.tif",
        output_catalogue=folder / "catalogue.csv",
        seed=seed,
        pixel_size_m=200.0,
        bounds=(bounds.west - 0.5, bounds.south - 0.5, bounds.east + 0.5, bounds.north + 0.5),
        body=MOON,
        settings=SimulationSettings(),
    )
    reproject_region(folder / "moon.tif", folder / "image.tif", bounds, MOON, "image", ReprojectionSettings())
    reproject_region(folder / "dtm.tif", folder / "elevation.tif", bounds, MOON, "dtm", ReprojectionSettings())
    known = clip_catalogue(read_catalogue(folder / "catalogue.csv", "simulated", MOON), bounds, MOON)
    known.to_parquet(folder / "catalogue.parquet")
