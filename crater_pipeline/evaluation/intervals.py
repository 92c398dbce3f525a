"""Intervals from a bootstrap over spatial blocks.

Craters that lie near one another share terrain, light and the annotator's mood, so they are not independent draws;
resampling whole blocks keeps that dependence. The draws are a weight per block, which every figure of a region
shares: two methods judged with the same weights are compared pair by pair.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.sphere.bodies import Body

FloatArray = NDArray[np.float64]

BATCH_VALUES = 5_000_000
"""Weighted values held at once."""


def spatial_blocks(lon: ArrayLike, lat: ArrayLike, size_km: float, body: Body) -> NDArray[np.int64]:
    """Number of the block that each point (degrees) lies in, shape (n,).

    Rows of latitude `size_km` high, each cut into a whole number of columns about `size_km` wide at its middle.
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    rows = max(1, round(np.pi * body.radius_km / size_km))
    row = np.clip(np.floor((lat + 90.0) / 180.0 * rows), 0, rows - 1).astype(np.int64)
    middle = np.radians((row + 0.5) / rows * 180.0 - 90.0)
    columns = np.maximum(1, np.round(2 * np.pi * body.radius_km * np.cos(middle) / size_km)).astype(np.int64)
    col = np.minimum(np.floor((lon + 180.0) % 360.0 / 360.0 * columns).astype(np.int64), columns - 1)
    most = round(2 * np.pi * body.radius_km / size_km) + 1
    return row * most + col


def bootstrap_weights(n_blocks: int, samples: int, seed: int) -> FloatArray:
    """How often each block is drawn in each sample, shape (samples, n_blocks); rows sum to `n_blocks`."""
    if n_blocks == 0:
        return np.zeros((samples, 0))
    draws = np.random.default_rng(seed).multinomial(n_blocks, np.full(n_blocks, 1.0 / n_blocks), size=samples)
    return draws.astype(float)


def interval(values: ArrayLike, point: float, confidence: float) -> tuple[float, float] | None:
    """Percentile interval of bootstrap `values`, widened where need be to hold `point`.

    None where there is nothing to say: no finite point, or fewer than half of the samples finite.
    """
    values = np.asarray(values, dtype=float)
    finite = values[np.isfinite(values)]
    if not np.isfinite(point) or len(finite) * 2 < max(len(values), 1):
        return None
    low, high = np.quantile(finite, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(min(low, point)), float(max(high, point))


def with_interval(point: float, samples: ArrayLike, confidence: float) -> dict[str, float | None]:
    """{value, low, high} of a figure; low and high None where `interval` has nothing to say."""
    low, high = interval(samples, point, confidence) or (None, None)
    return {"value": point, "low": low, "high": high}


def block_sums(values: ArrayLike, block: NDArray[np.int64], n_blocks: int) -> FloatArray:
    """Sums of `values`, shape (n,) or (n, k), over the members of each block, shape (n_blocks,) or (n_blocks, k)."""
    values = np.asarray(values, dtype=float)
    sums = np.zeros((n_blocks, *values.shape[1:]))
    np.add.at(sums, block, values)
    return sums


def weighted_medians(values: FloatArray, block: NDArray[np.int64], weights: FloatArray) -> FloatArray:
    """Median of `values` (n,) in each bootstrap sample, shape (samples,); NaN in samples that hold none.

    `block` (n,) are the columns of `weights` (samples, n_blocks) that the values belong to. It is the lower median of
    the multiset in which each value stands as often as its block was drawn.
    """
    if len(values) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    ordered, block = values[order], block[order]
    medians = []
    for batch in np.array_split(weights, max(1, len(weights) * len(values) // BATCH_VALUES)):
        cumulative = np.cumsum(batch[:, block], axis=1)
        total = cumulative[:, -1]
        position = (cumulative < total[:, None] / 2).sum(axis=1)
        medians.append(np.where(total > 0, ordered[np.minimum(position, len(ordered) - 1)], np.nan))
    return np.concatenate(medians)


def paired_difference(
    counts_a: ArrayLike,
    counts_b: ArrayLike,
    statistic: Callable[[FloatArray], FloatArray],
    samples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, tuple[float, float] | None]:
    """`statistic(a) - statistic(b)` of two methods on the same blocks, and its interval.

    `counts_a`, `counts_b`: counts per block, shape (n_blocks, k), rows meaning the same block in both.
    `statistic` maps summed counts, shape (..., k), to values, shape (...). Both methods see the same draws, so
    what makes a block hard for both cancels.

    Raises
    ------
    ValueError
        If the two do not have the same shape.
    """
    a, b = np.asarray(counts_a, dtype=float), np.asarray(counts_b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"counts of shapes {a.shape} and {b.shape}: both methods need the same blocks")
    weights = bootstrap_weights(len(a), samples, seed)
    point = float(statistic(a.sum(axis=0)) - statistic(b.sum(axis=0)))
    return point, interval(statistic(weights @ a) - statistic(weights @ b), point, confidence)
