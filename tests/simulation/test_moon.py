"""A simulated region on its map."""

from typing import Any

import numpy as np
import pytest

from crater_pipeline.simulation import moon
from crater_pipeline.simulation.imaging import render
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import convergence_deg, scale_factor


def test_around_a_pole_the_sun_stands_at_its_azimuth_in_every_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spied(elevation: Any, albedo: Any, ground_pixel_m: Any, convergence: Any, *rest: Any) -> Any:
        seen.update(ground=ground_pixel_m, convergence=convergence)
        return render(elevation, albedo, ground_pixel_m, convergence, *rest)

    monkeypatch.setattr(moon, "render", spied)
    settings = SimulationSettings(margin_px=4)
    region = moon.simulate_region(Bounds(-180.0, -90.0, 180.0, -88.5), 400.0, 1, MOON, settings)
    height, width = region.scene.shape
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    lon, lat = region.scene.lonlat(x, y, MOON)
    wanted = convergence_deg(region.scene.crs, lon, lat, MOON)
    assert np.ptp(wanted) > 350
    np.testing.assert_allclose((seen["convergence"] - wanted + 180) % 360 - 180, 0.0, atol=0.15)
    np.testing.assert_allclose(seen["ground"] * scale_factor(region.scene.crs, lon, lat, MOON), 400.0, rtol=1e-3)
