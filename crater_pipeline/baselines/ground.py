"""What a method is shown: a square of ground as a picture and, where there is terrain, as heights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.light.standardise import standardise

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """A square of ground.

    grey: (h, w) float32, standardised, 0 where there is no data. height: (h, w) metres, NaN where there is none; None
    for images. valid: (h, w). pixel_m: ground size of a pixel.
    """

    grey: FloatArray
    height: FloatArray | None
    valid: NDArray[np.bool_]
    pixel_m: float

    @classmethod
    def of(cls, grey: FloatArray, height: FloatArray | None, valid: NDArray[np.bool_], pixel_m: float) -> "Ground":
        """From grey values as stored."""
        filled = np.where(valid, grey, np.float32(0)).astype(np.float32)
        heights = None if height is None else np.where(valid, height, np.float32(np.nan)).astype(np.float32)
        return cls(standardise(filled, valid), heights, valid, pixel_m)

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.valid.shape
        return height, width


def drawn(shape: tuple[int, int], circles: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    """Pixels (h, w) whose middle is between `low` and `high` pixels outside the rim of a circle (negative: inside)."""
    canvas = np.zeros(shape, bool)
    for x, y, radius in circles:
        reach = radius + high
        left, top = max(0, int(x - reach)), max(0, int(y - reach))
        window = canvas[top : int(y + reach) + 2, left : int(x + reach) + 2]
        rows, columns = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
        outside = np.hypot(columns + 0.5 - x, rows + 0.5 - y) - radius
        window |= (outside >= low) & (outside <= high)
    return canvas
