import numpy as np
import pytest

from crater_pipeline.simulation.imaging import render, strips
from crater_pipeline.simulation.settings import SimulationSettings

PLAIN = SimulationSettings(image_noise=0.0, seam_contrast=0.0, image_blur_px=0.0, mean_grey=90.0)
ALBEDO = np.full((48, 64), 0.1, np.float32)


def slope(gradient: float) -> np.ndarray:
    """Rising to the east."""
    return np.broadcast_to(np.arange(64, dtype=np.float32) * gradient * 100.0, (48, 64)).copy()


def test_level_ground_of_mean_albedo_has_the_mean_grey() -> None:
    image = render(slope(0.0), ALBEDO, 100.0, 0.0, 1, PLAIN)
    assert image.dtype == np.uint8
    assert set(np.unique(image)) == {90}


@pytest.mark.parametrize(("azimuth", "brighter"), [(270.0, True), (90.0, False)])
def test_slopes_that_face_the_sun_are_bright(azimuth: float, brighter: bool) -> None:
    # Ground that rises to the east faces west.
    image = render(slope(0.1), ALBEDO, 100.0, 0.0, 1, PLAIN.model_copy(update={"sun_azimuth_deg": azimuth}))
    assert (image[24, 32] > 90) == brighter


def test_convergence_turns_the_sun() -> None:
    # A map whose north points 180 degrees away from true north: the western sun stands on its right.
    image = render(slope(0.1), ALBEDO, 100.0, 180.0, 1, PLAIN)
    assert image[24, 32] < 90


def test_brightness_follows_the_albedo() -> None:
    albedo = ALBEDO.copy()
    albedo[:, 32:] *= 2
    image = render(slope(0.0), albedo, 100.0, 0.0, 1, PLAIN).astype(float)
    assert image[:, 40].mean() == pytest.approx(2 * image[:, 10].mean(), rel=0.02)


def test_zero_is_kept_for_nodata_even_in_shadow() -> None:
    assert render(slope(-2.0), ALBEDO, 100.0, 0.0, 1, PLAIN).min() == 1


def test_noise_depends_on_the_seed_only() -> None:
    noisy = PLAIN.model_copy(update={"image_noise": 0.05, "seam_contrast": 0.05, "seam_spacing_px": 20.0})
    once, again, other = (render(slope(0.0), ALBEDO, 100.0, 0.0, seed, noisy) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    assert once.std() == pytest.approx(0.05 * 90, rel=0.5)


def test_strips_are_of_the_chosen_contrast() -> None:
    settings = SimulationSettings(seam_contrast=0.05, seam_spacing_px=50.0)
    factor = strips((64, 512), np.random.default_rng(0), settings)
    assert factor.shape == (64, 512)
    assert 0.005 < factor.std() < 0.1
    assert factor.mean() == pytest.approx(1.0, abs=0.05)
