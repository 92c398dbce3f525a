"""How sharp an image is: known answers, and what enlarging, noise and gaps do."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from crater_pipeline.detection.sharpness import DISTANCES_PX, Sharpness, ratios, sharpness
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection


def sharpness_of(grey: NDArray[np.float64], folder: Path) -> Sharpness | None:
    crs, transform = choose_projection(Bounds(-1, -1, 1, 1), MOON), Affine(100.0, 0, 0, 0, -100.0, 0)
    with create_raster(folder / "image.tif", grey.shape[1], grey.shape[0], crs, transform, "uint8", 0) as dataset:
        dataset.write(np.clip(np.round(grey), 0, 255).astype(np.uint8), 1)
    return sharpness(folder / "image.tif")


def ground(side: int = 256) -> NDArray[np.float64]:
    """Something of all sizes down to its pixels, as relief under a sun is."""
    random = np.random.default_rng(1)
    sizes = (gaussian_filter(random.normal(size=(side, side)), size) * size for size in (0.7, 1.4, 2.8, 5.6, 11.2))
    return np.asarray(120 + 30 * sum(sizes))


def test_a_slope_is_even_and_noise_is_not() -> None:
    slope = np.add.outer(np.arange(256.0), 2 * np.arange(256.0))
    assert ratios(slope) == pytest.approx([0.25] * len(DISTANCES_PX), abs=0.1)
    noise = np.random.default_rng(0).normal(0, 20, (256, 256))
    assert ratios(noise) == pytest.approx([1.0] * len(DISTANCES_PX), abs=0.05)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_enlarged_so_many_times_detail_is_as_much_coarser(factor: int, tmp_path: Path) -> None:
    once = sharpness_of(ground(), tmp_path)
    enlarged = sharpness_of(zoom(ground(), factor, order=3), tmp_path)
    assert once is not None
    assert enlarged is not None
    assert enlarged.detail_px == factor * once.detail_px
    assert enlarged.noise < once.noise


def test_more_noise_is_more(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    found = [sharpness_of(ground() + random.normal(0, sigma, (256, 256)), tmp_path) for sigma in (0, 5, 15, 45)]
    noises = [each.noise for each in found if each is not None]
    assert len(noises) == 4
    assert noises == sorted(noises)
    assert noises[-1] > 0.9


def test_rounding_is_not_noise(tmp_path: Path) -> None:
    """A plain that differs by a few greys only."""
    faint = sharpness_of(120 + gaussian_filter(np.random.default_rng(0).normal(size=(512, 512)), 8) * 200, tmp_path)
    assert faint is not None
    assert faint.noise < 0.4


def test_gaps_do_not_count(tmp_path: Path) -> None:
    whole, grey = sharpness_of(ground(), tmp_path), ground()
    grey[::9] = 0
    gappy = sharpness_of(grey, tmp_path)
    assert whole is not None
    assert gappy is not None
    assert gappy.detail_px == whole.detail_px
    assert gappy.noise == pytest.approx(whole.noise, abs=0.02)


@pytest.mark.parametrize("grey", [np.full((200, 200), 90.0), np.zeros((200, 200)), np.full((3, 3), 7.0)])
def test_where_nothing_differs_nothing_is_said(grey: NDArray[np.float64], tmp_path: Path) -> None:
    assert sharpness_of(grey, tmp_path) is None
