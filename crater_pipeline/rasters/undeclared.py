"""Numbers that mean no data though the file does not say so: collars of one value, and values far from all others.

Looked for on a grid of pixels spread over the raster, so that a huge one costs no more than a look; what it is that
borders them is read at full resolution.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import ndimage

from crater_pipeline.rasters.reading import Kind, Reading, read_stored, read_values

SAMPLE_PX = 512
"""Side of the grid of pixels that is looked at."""

LEAST_SHARE = 0.005
"""A collar is worth mentioning from this share of the raster."""

LEAST_COUNT = 3
"""So many pixels of a lone value, and it is no freak of measurement."""

USUAL = (-9999.0, -99999.0, -999999.0, -32768.0, -32767.0, 32767.0)
"""What is often written for no data, and rarely measured."""

EDGES = 64
"""Places along a region's edge that are read at full resolution."""

BEYOND_PX = 3
"""How far beyond the edge its neighbour is taken, where resampling has not blurred it."""

CONTRAST = 0.1
"""A picture's collar differs from what borders it by more than this share of the picture's range; shadow does not,
which is dark grey around black."""

LEAST_VALUES = 16
"""Of fewer values all are frequent, and nothing can be said of one."""

CLIFF = 1.2
"""A terrain model's collar ends in steps so many times steeper than its steepest slopes."""

MOST_VALUES = 4
CORNERS = ((0, 0), (0, -1), (-1, 0), (-1, -1))


@dataclass(frozen=True)
class Undeclared:
    """A stored number, the share of the raster that holds it, and whether it surely means no data."""

    number: float
    share: float
    collar: bool
    sure: bool


@dataclass(frozen=True)
class _Sample:
    """Every so manieth pixel of `area`: stored numbers (NaN where colours differ: no single number), values, data."""

    dataset: rasterio.DatasetReader
    area: Window
    reading: Reading
    numbers: NDArray[np.float64]
    values: NDArray[np.float64]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, dataset: rasterio.DatasetReader, area: Window, reading: Reading) -> "_Sample":
        shape = (min(int(area.height), SAMPLE_PX), min(int(area.width), SAMPLE_PX))
        stored = read_stored(dataset, area, reading, shape)
        numbers = np.where((stored.data == stored.data[:1]).all(axis=0), stored.data[0].astype(np.float64), np.nan)
        known = ~np.ma.getmaskarray(stored)[0]
        return cls(dataset, area, reading, numbers, reading.values(stored.data).astype(np.float64), known)

    def jumps(self, held: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How far values just outside the region `held` differ from those inside, at places along its edge."""
        pairs = [
            (int(row), int(col), axis) for axis in (0, 1) for row, col in np.argwhere(_crossed(held, self.known, axis))
        ]
        if not pairs:
            return np.array([])
        chosen = np.unique(np.linspace(0, len(pairs) - 1, EDGES).astype(int))
        found = [self._jump(row, col, axis, held) for row, col, axis in (pairs[i] for i in chosen)]
        return np.array([jump for jump in found if np.isfinite(jump)])

    def _jump(self, row: int, col: int, axis: int, held: NDArray[np.bool_]) -> float:
        """The jump between a sampled pixel and the next one below (axis 0) or to the right, on their line."""
        down, right = int(axis == 0), int(axis == 1)
        step_y, step_x = self.area.height / held.shape[0], self.area.width / held.shape[1]
        before, after = (
            np.array([self.area.row_off + (r + 0.5) * step_y, self.area.col_off + (c + 0.5) * step_x]).astype(int)
            for r, c in ((row, col), (row + down, col + right))
        )
        forward = bool(held[row, col])
        reach = np.array([down, right]) * BEYOND_PX
        low = np.maximum(before if forward else before - reach, 0)
        high = np.minimum(after + reach if forward else after, np.array(self.dataset.shape) - 1)
        size = np.where([down, right], high - low + 1, 1)
        line = read_values(self.dataset, Window(low[1], low[0], size[1], size[0]), self.reading).filled(np.nan).ravel()
        line = line if forward else line[::-1]
        inside = self.values[(row, col) if forward else (row + down, col + right)]
        others = np.flatnonzero(line != inside)
        if not others.size:
            return np.nan
        return float(abs(line[min(others[0] + BEYOND_PX - 1, len(line) - 1)] - inside))


def undeclared(
    dataset: rasterio.DatasetReader, area: Window, reading: Reading, kind: Kind, step: float
) -> Iterator[Undeclared]:
    """Stored numbers in `area` of an open raster that seem to mean no data, the most frequent first.

    step: the largest usual difference of neighbouring values (`Texture.step`).
    """
    sample = _Sample.of(dataset, area, reading)
    told = 0
    for number, count in _frequent(sample):
        held = sample.known & (sample.numbers == number)
        others = sample.values[sample.known & ~held]
        if told == MOST_VALUES or np.unique(others).size < LEAST_VALUES:
            return
        collar = _reaching_corners(held, sample.known)
        share = float(collar.sum() / sample.known.sum())
        low, high = np.percentile(others, (1, 99))
        if share >= LEAST_SHARE:
            jumps = sample.jumps(collar)
            least = CONTRAST * (high - low) if kind == "image" else CLIFF * BEYOND_PX * step
            sure = bool(jumps.size) and float(np.median(jumps)) > least
            if sure or kind == "dtm":
                told += 1
                yield Undeclared(number, share, True, sure)
        elif dataset.dtypes[reading.bands[0] - 1] != "uint8" and _is_lone(sample, number, held, others, kind, step):
            told += 1
            yield Undeclared(number, count / int(sample.known.sum()), False, True)


def _frequent(sample: _Sample) -> Iterator[tuple[float, int]]:
    """Numbers that are worth a look and how many pixels hold them: in the corners, usual for no data, extreme."""
    known = sample.numbers[sample.known & np.isfinite(sample.numbers)]
    if not known.size:
        return
    numbers, counts = np.unique(known, return_counts=True)
    held = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    corners = [float(sample.numbers[corner]) for corner in CORNERS]
    wanted = {*corners, *USUAL, float(numbers[0]), float(numbers[-1])} & held.keys()
    often = [(number, held[number]) for number in wanted if held[number] >= LEAST_COUNT]
    yield from sorted(often, key=lambda each: -each[1])


def _reaching_corners(held: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `held` that hangs together with a corner, through what is already known to hold no data."""
    labels, _ = ndimage.label(held | ~known, np.ones((3, 3)))
    corners = {int(labels[corner]) for corner in CORNERS} - {0}
    return held & np.isin(labels, list(corners))


def _crossed(held: NDArray[np.bool_], known: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Pixels that differ from the next one along `axis` in being held, both with data."""
    one, two = (np.moveaxis(each, axis, 0) for each in (held, known))
    return np.moveaxis((one[1:] != one[:-1]) & two[1:] & two[:-1], 0, axis)


def _is_lone(
    sample: _Sample, number: float, held: NDArray[np.bool_], others: NDArray[np.float64], kind: Kind, step: float
) -> bool:
    """Whether a number stands apart from all others by half their range, or is a usual one with cliffs around it."""
    own = float(sample.values[held][0])
    low, high = np.percentile(others, (0.1, 99.9))
    if min(abs(own - low), abs(own - high)) > 0.5 * (high - low) and not low <= own <= high:
        return bool(high > low)
    jumps = sample.jumps(held) if number in USUAL and kind == "dtm" else np.array([])
    return bool(jumps.size) and float(np.median(jumps)) > CLIFF * BEYOND_PX * step
