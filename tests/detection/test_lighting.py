"""Relief under a low sun changes along the sun's direction; albedo changes alike in all."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crater_pipeline.detection.lighting import anisotropy, relief_share
from crater_pipeline.light.reflectance import flat_reflectance, shade, to_uint8
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body

MOON = Body(name="moon", radius_m=1_737_400)
SIDE = 512


def rough(seed: int, side: int = SIDE, slope: float = 2.0) -> NDArray[np.float32]:
    """An isotropic random field, standard deviation 1, amplitude ~ k^-slope, smooth enough for finite differences."""
    rng = np.random.default_rng(seed)
    k = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    amplitude = np.where((k > 0) & (k < 0.1), np.maximum(k, 1e-9) ** -slope, 0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * amplitude, (side, side))
    return np.asarray(field / field.std(), dtype=np.float32)


def lit(seed: int, azimuth_deg: float, elevation_deg: float) -> NDArray[np.float32]:
    """Greys of gentle terrain, slopes of a few degrees."""
    terrain = rough(seed)
    terrain *= np.float32(0.05 / np.gradient(terrain)[0].std())
    return shade(terrain, 1.0, azimuth_deg, elevation_deg)


EVERYWHERE = np.ones((SIDE, SIDE), bool)


@settings(max_examples=15, deadline=None)
@given(azimuth_deg=st.floats(0, 360), elevation_deg=st.floats(10, 40), gain=st.floats(1, 1e4))
def test_relief_has_half_whatever_the_suns_azimuth_and_the_units(
    azimuth_deg: float, elevation_deg: float, gain: float
) -> None:
    grey = lit(0, azimuth_deg, elevation_deg)
    assert anisotropy(grey, EVERYWHERE) == pytest.approx(0.5, abs=0.06)
    assert anisotropy(grey * np.float32(gain) + np.float32(7), EVERYWHERE) == pytest.approx(
        anisotropy(grey, EVERYWHERE), abs=0.01
    )


@pytest.mark.parametrize("slope", [1.0, 1.5, 2.0])
def test_albedo_has_little(slope: float) -> None:
    assert anisotropy(rough(1, slope=slope), EVERYWHERE) < 0.1


def test_the_more_albedo_the_less_relief() -> None:
    relief, albedo = lit(0, 250, 20), rough(2, slope=1.5)
    mixed = [anisotropy((1 + share * albedo) * relief / relief.mean(), EVERYWHERE) for share in (0.0, 0.1, 0.2, 0.5)]
    assert sorted(mixed, reverse=True) == mixed
    assert mixed[0] > 0.4
    assert mixed[-1] < 0.25


def test_glints_and_gaps_do_not_speak() -> None:
    grey, valid = lit(0, 270, 20), EVERYWHERE.copy()
    expected = anisotropy(grey, valid)
    grey[40:60, 200] *= 30  # a bright streak to the north
    valid[100:110, :300] = False
    grey[~valid] = -1e6
    assert anisotropy(grey, valid) == pytest.approx(expected, abs=0.03)
    assert np.isnan(anisotropy(grey, np.zeros_like(valid)))
    assert np.isnan(anisotropy(np.full((SIDE, SIDE), 3, np.float32), EVERYWHERE))


def write(path: Path, grey: NDArray[np.uint8]) -> Path:
    transform = Affine(1 / 256, 0, 0, 0, -1 / 256, 0)
    with create_raster(path, grey.shape[1], grey.shape[0], MOON.geographic_crs, transform, "uint8", 0) as dataset:
        dataset.write(grey, 1)
    return path


def test_a_rasters_relief_is_told_from_its_albedo_and_too_little_of_it_says_nothing(tmp_path: Path) -> None:
    relief = to_uint8(lit(0, 90, 15), flat_reflectance(15))
    # The sun goes around, as it does on a map of a pole: every part has a direction of its own.
    around = np.block([[relief, relief.T], [relief.T, relief]])
    albedo = np.clip(100 + 15 * rough(3, 1024, 1.5), 1, 255).astype(np.uint8)
    share, least = relief_share(write(tmp_path / "r.tif", around)), relief_share(write(tmp_path / "a.tif", albedo))
    assert share is not None
    assert least is not None
    assert share > 0.35
    assert least < 0.1
    assert relief_share(write(tmp_path / "s.tif", relief[:300])) is None
    blank = np.zeros_like(relief)
    blank[:200] = relief[:200]
    assert relief_share(write(tmp_path / "b.tif", blank)) is None
