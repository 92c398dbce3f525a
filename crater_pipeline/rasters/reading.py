"""How what a raster stores becomes one value a pixel: bands, colours, scale, and what means no data."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.windows import Window
from scipy import ndimage

from crater_pipeline.errors import UserError

Kind = Literal["image", "dtm"]

LUMINANCE = (0.299, 0.587, 0.114)
"""Grey of red, green and blue (ITU-R BT.601), as image programs have it."""

PATCH_PX = 5
"""Side of the smallest patch of a collar: pixels that happen to have its value seldom lie so close together."""

IMPOSSIBLE = 1e15
"""No elevation or brightness is as large in any unit: larger floats mean no data, whether declared or not."""


@dataclass(frozen=True)
class Reading:
    """From stored numbers to values: greys of an image, metres of a terrain model.

    bands: one, or red, green and blue. alpha: band that says what is transparent. greys: grey of each index of a
    colour table, NaN for a transparent one. A value is stored x scale + offset. nodata: stored numbers that mean no
    data, besides what the file declares. collars: numbers that mean none where a patch of pixels holds them, and are
    measured ones elsewhere. eight_bit: the numbers, or the colours that they stand for, are.
    """

    bands: tuple[int, ...] = (1,)
    alpha: int | None = None
    greys: tuple[float, ...] | None = None
    scale: float = 1.0
    offset: float = 0.0
    nodata: tuple[float, ...] = ()
    collars: tuple[float, ...] = ()
    eight_bit: bool = False

    @property
    def is_colour(self) -> bool:
        return len(self.bands) > 1 or self.greys is not None

    @property
    def mixes(self) -> bool:
        """Whether a value comes of more than one stored number: then one band cannot hold what is stored."""
        return self.is_colour or self.alpha is not None

    @property
    def is_grey8(self) -> bool:
        """Whether values are greys from 0 to 255 as they are."""
        return self.eight_bit and not self.is_scaled

    @property
    def is_scaled(self) -> bool:
        return (self.scale, self.offset) != (1.0, 0.0)

    def values(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Values (h, w) of stored numbers (bands, h, w)."""
        with np.errstate(over="ignore"):  # only what means no data is too large for single precision
            return self._values(stored)

    def _values(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        if self.greys is not None:
            table = np.asarray(self.greys, np.float32)
            values = table[np.minimum(stored[0], len(table) - 1)]
        elif len(self.bands) > 1:
            values = np.tensordot(np.asarray(LUMINANCE, np.float32), stored.astype(np.float32), 1)
        elif self.is_scaled:
            # in double precision: radii of a body, in metres, leave single precision steps of decimetres
            values = stored[0].astype(np.float64) * self.scale + self.offset
        else:
            values = stored[0]
        return np.asarray(values, np.float32)


def data_bands(dataset: rasterio.DatasetReader) -> list[int]:
    """The bands that hold data: all but those of transparency."""
    return [band for band, use in zip(dataset.indexes, dataset.colorinterp, strict=True) if use != ColorInterp.alpha]


def reading_of(dataset: rasterio.DatasetReader, band: int | None = None) -> Reading:
    """How a raster is read, from its header alone; `band` is taken if given.

    Raises
    ------
    UserError
        If it has no band, not that one, or holds complex numbers.
    """
    held = data_bands(dataset)
    if not held:
        parts = f"its parts are {', '.join(dataset.subdatasets[:4])}" if dataset.subdatasets else "it holds none"
        raise UserError(
            f"{dataset.name}: no single raster; {parts}. Take one of them out with gdal_translate and give that"
        )
    if band is not None and band not in held:
        raise UserError(f"{dataset.name}: no band {band} to search; its bands are {', '.join(map(str, held))}")
    use = dict(zip(dataset.colorinterp, dataset.indexes, strict=True))
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if band is None and all(colour in use for colour in colours):
        bands = tuple(use[colour] for colour in colours)
    else:
        bands = (held[0] if band is None else band,)
    if any(np.dtype(dataset.dtypes[each - 1].replace("_int", "")).kind == "c" for each in bands):
        raise UserError(f"{dataset.name}: holds complex numbers; give a raster of their amplitude")
    first = bands[0] - 1
    greys = colour_table(dataset, bands[0]) if dataset.colorinterp[first] == ColorInterp.palette else None
    scale, offset = (dataset.scales[first], dataset.offsets[first]) if len(bands) == 1 and not greys else (1.0, 0.0)
    if not (math.isfinite(scale) and math.isfinite(offset) and scale):
        raise UserError(f"{dataset.name}: its scale {scale:g} and offset {offset:g} make no values; correct them")
    eight_bit = greys is not None or dataset.dtypes[first] == "uint8"
    return Reading(bands, use.get(ColorInterp.alpha), greys, scale, offset, eight_bit=eight_bit)


def colour_table(dataset: rasterio.DatasetReader, band: int) -> tuple[float, ...] | None:
    """Grey of each index of a band's colour table; None if it has none."""
    try:
        table = dataset.colormap(band)
    except ValueError:
        return None
    greys = np.full(max(table) + 1, np.nan)
    for index, (red, green, blue, alpha) in table.items():
        if alpha:
            greys[index] = np.dot(LUMINANCE, (red, green, blue))
    return tuple(float(grey) for grey in greys)


def read_stored(
    dataset: rasterio.DatasetReader, window: Window, reading: Reading, shape: tuple[int, int] | None = None
) -> np.ma.MaskedArray:
    """Stored numbers (bands, h, w) of a window inside the raster, masked where they mean no data.

    `shape` (h, w) takes every so manieth pixel.
    """
    options = {"window": window, "out_shape": None if shape is None else (len(reading.bands), *shape)}
    try:
        data = dataset.read(list(reading.bands), masked=True, **options)
        if reading.alpha is not None:
            options["out_shape"] = shape
            clear = dataset.read(reading.alpha, **options) == 0
            data = np.ma.MaskedArray(data.data, np.ma.getmaskarray(data) | clear)
    except RasterioError as error:
        raise UserError(f"{dataset.name}: cannot be read; it is damaged or incomplete ({error})") from error
    # a colour has no data where none of its bands has
    mask = (np.ma.getmaskarray(data) | means_no_data(data.data, reading.nodata)).all(axis=0)
    for value in reading.collars:
        mask |= in_patches((data.data == value).all(axis=0))
    return np.ma.MaskedArray(data.data, np.broadcast_to(mask, data.shape))


def means_no_data(stored: NDArray[Any], nodata: tuple[float, ...]) -> NDArray[np.bool_]:
    """Where stored numbers mean no data by themselves: what `nodata` lists, and what measures nothing.

    That is, of floats the infinite and the `IMPOSSIBLE`, of signed integers the smallest there is.
    """
    kind = stored.dtype.kind
    if kind == "f":
        with np.errstate(invalid="ignore"):
            mask = ~(np.abs(stored) < IMPOSSIBLE)
    elif kind == "i":
        mask = stored == np.iinfo(stored.dtype).min
    else:
        mask = np.zeros(stored.shape, bool)
    with np.errstate(over="ignore"):  # what a type cannot hold is none of its numbers
        for value in nodata:
            mask |= stored == (stored.dtype.type(value) if kind == "f" else value)
    return np.asarray(mask)


def in_patches(held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `held` that consists of squares of `PATCH_PX`, which may reach beyond the array."""
    patch = np.ones((PATCH_PX, PATCH_PX))
    around = PATCH_PX // 2
    wide = np.pad(held, around, mode="edge")
    return np.asarray(ndimage.binary_opening(wide, patch))[around:-around, around:-around]


def read_values(dataset: rasterio.DatasetReader, window: Window, reading: Reading) -> np.ma.MaskedArray:
    """Values (h, w), float32, of a window inside the raster; no data is masked."""
    stored = read_stored(dataset, window, reading)
    mask = np.ma.getmaskarray(stored)[0]
    values = reading.values(stored.data)
    return np.ma.MaskedArray(values, mask | ~np.isfinite(values))
