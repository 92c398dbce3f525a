"""Random fields: fractal heights, narrow winding lines, and cheap noise that is the same for the same seed."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse


def fractal(
    shape: tuple[int, int],
    rng: np.random.Generator,
    hurst: float,
    longest_px: float,
    stretch: tuple[float, float] = (1.0, 0.0),
    shortest_px: float = 0.0,
) -> NDArray[np.float32]:
    """Self-affine Gaussian field (h, w) of zero mean and unit standard deviation.

    Its spectral power falls as k^(-2 hurst - 2) and is flat beyond `longest_px`; Fourier synthesis on a larger
    torus, so that opposite borders do not match. `stretch` = (factor, angle in radians) elongates the pattern;
    `shortest_px` > 0 damps wavelengths below it.
    """
    pad = int(min(longest_px, max(shape)) / 2)
    rows, cols = (fft.next_fast_len(n + pad, real=True) for n in shape)
    spectrum = fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32), workers=1)
    ky = fft.fftfreq(rows).astype(np.float32)[:, None]
    kx = fft.rfftfreq(cols).astype(np.float32)[None, :]
    factor, angle = stretch
    along = (kx * np.float32(np.cos(angle)) + ky * np.float32(np.sin(angle))) * np.float32(factor)
    across = ky * np.float32(np.cos(angle)) - kx * np.float32(np.sin(angle))
    k2 = along * along + across * across
    filter_ = (k2 + np.float32(1.0 / longest_px**2)) ** np.float32(-(hurst + 1.0) / 2.0)
    if shortest_px > 0:
        filter_ *= np.exp(-k2 * np.float32((0.5 * shortest_px) ** 2))
    spectrum *= filter_
    spectrum[0, 0] = 0.0
    field = fft.irfft2(spectrum, s=(rows, cols), workers=1)[: shape[0], : shape[1]]
    return np.ascontiguousarray((field - field.mean()) / max(float(field.std()), 1e-9), dtype=np.float32)


def coarse_fractal(
    shape: tuple[int, int],
    rng: np.random.Generator,
    hurst: float,
    longest_px: float,
    step: int,
    stretch: tuple[float, float] = (1.0, 0.0),
) -> NDArray[np.float32]:
    """`fractal` made on a grid `step` times coarser and interpolated: for fields without short waves."""
    coarse_shape = (shape[0] // step + 4, shape[1] // step + 4)
    coarse = fractal(coarse_shape, rng, hurst, max(longest_px / step, 4.0), stretch, shortest_px=4.0)
    rows, cols = (_spline_weights(n, step, coarse_n) for n, coarse_n in zip(shape, coarse_shape, strict=True))
    half = rows @ coarse
    return np.ascontiguousarray((cols @ half.T).T)


def _spline_weights(length: int, step: int, nodes: int) -> sparse.csr_array:
    """Cubic B-spline weights (length, nodes) of a grid `step` times coarser; smooth to the second derivative."""
    position = (np.arange(length) + 0.5) / step + 1.0
    index = np.floor(position).astype(int)
    t = position - index
    taps = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    data = (np.stack(taps, axis=1) / 6.0).astype(np.float32)
    columns = np.clip(index[:, None] + np.arange(-1, 3), 0, nodes - 1)
    row = np.repeat(np.arange(length), 4)
    return sparse.csr_array((data.ravel(), (row, columns.ravel())), shape=(length, nodes))


def distance_to_zero(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """First-order distance in pixels to the field's zero line, |f| / |grad f|, signed as the field."""
    gy, gx = np.gradient(field)
    slope = np.sqrt(gx * gx + gy * gy)
    return np.asarray(field / np.maximum(slope, 0.05 * float(slope.mean()) + 1e-12), dtype=np.float32)
