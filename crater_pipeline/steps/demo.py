"""A first look at what this program does, without any data: a small piece of a simulated Moon, searched."""

import logging
import tempfile
from pathlib import Path

import geopandas as gpd

from crater_pipeline.atomic import write_text
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.export.plain import write_csv
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.reporting.map_page import render
from crater_pipeline.reporting.pictures import missable
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import DEMO_FILES, DemoFolder
from crater_pipeline.steps.find import find
from crater_pipeline.steps.simulate import simulate

log = logging.getLogger(__name__)

PIXEL_M = 100.0
BOUNDS = (-1.5, -1.5, 1.5, 1.5)
"""At the equator, where the raster's cylindrical map is true to shape: circles are drawn on it."""

SETTINGS = SimulationSettings(margin_px=64)

LEAST_KM = 1.0
"""Known craters from ten pixels on are counted."""


def demo(*, out: DemoFolder = Path("crater-demo"), seed: int = 7) -> None:
    """Simulate a small piece of the Moon, find its craters and draw a map of them: a first look, in minutes.

    Nothing is opened and nothing needed; in the end the files are named. `find` does the same with a raster of yours.

    Parameters
    ----------
    out
        Folder for what is made: `moon.tif` and `terrain.tif` to search, `known_craters.csv`, the truth, `craters.gpkg`
        for QGIS, and `map.html` for a browser.
    seed
        Another number is another Moon.
    """
    image, terrain, known, found, page = (out / name for name in DEMO_FILES)
    out.mkdir(parents=True, exist_ok=True)
    log.info("simulating 90 x 90 km of a Moon, with every crater known")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "listed.csv"
        simulate(
            output_image=image,
            output_dtm=terrain,
            output_catalogue=listed,
            seed=seed,
            pixel_size_m=PIXEL_M,
            bounds=BOUNDS,
            body=MOON,
            settings=SETTINGS,
        )
        write_csv(known, read_catalogue(listed, "simulated", MOON)[["catalogue_id", "lon", "lat", "diameter_km"]])
    find(image, out=found, bounds=BOUNDS, catalogue=known)
    craters, catalogue, searched = (gpd.read_file(found, layer=name) for name in ("craters", "catalogue", "footprint"))
    countable = missable(catalogue, searched, LEAST_KM, EvaluationSettings().max_cut_fraction, MOON)
    lead = (
        f"{len(craters)} craters were found on a piece of a simulated Moon, {countable['found'].sum()} of the "
        f"{len(countable)} known ones of {LEAST_KM:g} km and more among them."
    )
    least = float(craters["score"].min()) if len(craters) else 0.0
    write_text(page, render("Craters of a simulated Moon", lead, image, craters, countable, searched, least, MOON))
    print(f"{lead}\nmap: {page.absolute()}\nfor QGIS: {found.absolute()}\nnow yours: crater-pipeline find my.tif")


if __name__ == "__main__":
    run(demo)
