import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.rasters.files import open_raster, raster_info
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import circles_meet_bounds
from crater_pipeline.steps.simulate import simulate

MOON = Body(name="moon", radius_m=1_737_400.0)
BOUNDS = (178.8, 20.0, -179.4, 21.5)
SETTINGS = SimulationSettings(margin_px=16, image_noise=0.0, mare_fraction=0.9)


def run_step(folder: Path, seed: int = 3, bounds: tuple[float, float, float, float] = BOUNDS) -> list[Path]:
    paths = [folder / name for name in ("sim.tif", "sim_dtm.tif", "sim_catalogue.csv")]
    simulate(
        output_image=paths[0],
        output_dtm=paths[1],
        output_catalogue=paths[2],
        seed=seed,
        pixel_size_m=200.0,
        bounds=bounds,
        body=MOON,
        settings=SETTINGS,
    )
    return paths


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return run_step(tmp_path_factory.mktemp("simulated"))


def test_image_and_terrain_share_one_grid_without_gaps(simulated: list[Path]) -> None:
    image, dtm = raster_info(simulated[0]), raster_info(simulated[1])
    assert (image.dtype, image.nodata) == ("uint8", 0)
    assert dtm.dtype == "float32"
    assert (image.width, image.height, image.transform) == (dtm.width, dtm.height, dtm.transform)
    assert image.pixel_size_m == pytest.approx(200.0)
    with open_raster(simulated[0]) as a, open_raster(simulated[1]) as b:
        assert a.read(1).min() >= 1
        assert np.isfinite(b.read(1)).all()


def test_the_raster_covers_the_bounds_with_a_margin(simulated: list[Path]) -> None:
    info = raster_info(simulated[0])
    x, y = info.pixel([BOUNDS[0], BOUNDS[2]], [BOUNDS[3], BOUNDS[1]], MOON)
    assert x[0] == pytest.approx(17, abs=2)
    assert y[0] == pytest.approx(16, abs=2)
    assert info.width - x[1] == pytest.approx(17, abs=2)
    assert info.height - y[1] == pytest.approx(16, abs=2)


def test_catalogued_craters_are_holes_in_the_terrain(simulated: list[Path]) -> None:
    craters = read_catalogue(simulated[2], "simulated", MOON)
    assert len(craters) > 20
    assert craters["catalogue_id"].is_unique
    inner = craters[craters["diameter_km"] > 1.4]
    info = raster_info(simulated[1])
    with open_raster(simulated[1]) as dataset:
        heights = dataset.read(1)
    x, y = info.pixel(inner["lon"], inner["lat"], MOON)
    radius = inner["diameter_km"].to_numpy() * 1000 / 2 / 200.0
    stretch = 1 / np.cos(np.radians(inner["lat"].to_numpy()))
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    rim_x, rim_y = x + radius * stretch * np.cos(angle), y + radius * np.sin(angle)
    inside = (rim_x.min(0) > 0) & (rim_y.min(0) > 0) & (rim_x.max(0) < info.width) & (rim_y.max(0) < info.height)
    assert inside.sum() > 5
    rim = heights[rim_y[:, inside].astype(int), rim_x[:, inside].astype(int)].mean(axis=0)
    centre = heights[y[inside].astype(int), x[inside].astype(int)]
    assert (rim > centre).mean() > 0.9


def test_craters_lie_in_or_near_the_region(simulated: list[Path]) -> None:
    craters = read_catalogue(simulated[2], "simulated", MOON)
    near = circles_meet_bounds(craters["lon"], craters["lat"], craters["diameter_km"], Bounds(*BOUNDS), MOON)
    assert near.mean() > 0.5


def test_the_same_seed_writes_the_same_moon(simulated: list[Path], tmp_path: Path) -> None:
    again, other = run_step(tmp_path / "again"), run_step(tmp_path / "other", seed=4)
    for one, two in zip(simulated, again, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert simulated[2].read_bytes() != other[2].read_bytes()


def test_a_region_of_a_few_pixels_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pixels"):
        run_step(tmp_path, bounds=(10.0, 10.0, 10.05, 10.05))
    assert not list(tmp_path.iterdir())


def test_the_command_line(tmp_path: Path) -> None:
    arguments = {
        "--output-image": tmp_path / "a.tif",
        "--output-dtm": tmp_path / "a_dtm.tif",
        "--output-catalogue": tmp_path / "a.csv",
        "--seed": 1,
        "--pixel-size-m": 500,
        "--body": json.dumps({"name": "mars", "radius_m": 3_396_190}),
        "--settings": json.dumps({"margin_px": 0}),
    }
    command = [sys.executable, "-m", "crater_pipeline.steps.simulate", "--bounds", "-1", "-1", "1", "1"]
    command += [str(part) for pair in arguments.items() for part in pair]
    subprocess.run(command, check=True, capture_output=True)
    assert raster_info(tmp_path / "a.tif").width == pytest.approx(2 * np.radians(3_396_190) / 500, abs=2)
