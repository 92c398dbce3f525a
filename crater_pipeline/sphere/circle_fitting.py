"""Circles on the sphere and their images in rasters: circles from boxes in pixels or from points, and the way back.

The local scale of a projection is enough for small craters only: the image of a 200 km circle is neither round nor
centred on the projected centre. So the rim, not the centre, is taken back to the sphere, and a circle is fitted there.
"""

import math

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import lon_lat, rim_points, unit_vectors
from crater_pipeline.sphere.projections import scale_factor, transformer

FloatArray = NDArray[np.float64]

RIM_POINTS = 16
"""Points of a box's inscribed ellipse that are taken back to the sphere."""

IMAGE_RIM_POINTS = 128
"""Points of a circle's projected rim from which its box is found."""

LOCAL_LIMIT_PX = 0.02
"""Circles whose image is off the projected centre by less than this are scaled, not projected: r^2 / R in pixels."""

REFINING_STEPS = 4

REFINING_LIMIT_PX = 0.05
"""Circles whose image deviates from a circle by more than this are refined: r^3 / R^2 in pixels, see `fit_boxes`."""

MAX_CHANGE = 0.25
"""Corrections larger than this share of the box come from an image torn at the map's edge."""

MIN_RIM_POINTS = 8
"""A circle with fewer rim points inside the projection's domain is not fitted."""

BATCH = 100_000
"""Boxes taken through the projection at once: bounds the memory to some 100 MB."""

IMAGE_BATCH = BATCH * RIM_POINTS // IMAGE_RIM_POINTS
"""The same for whole rims."""


def fit_boxes(boxes: FloatArray, transform: Affine, crs: CRS, body: Body) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(lon, lat, diameter_km) of the circles whose images fill `boxes` (n, 4): centre x, y, width, height in pixels.

    The ellipse inscribed in the box is taken back to the sphere and a circle is fitted to it. That is exact as far as
    the image of a circle is an ellipse. Where a conformal map is expanded about the centre, the first term that
    makes the image of a circle of radius r deviate from a circle is the Schwarzian derivative, of the order of
    r^3 / R^2; where that matters, the box of the fitted circle's own image is compared with the given one and the
    difference is fed back, which converges in a few steps.
    """
    frame = _Frame(transform, crs, body)
    fitted = [_fit_batch(boxes[start : start + BATCH], frame) for start in range(0, len(boxes), BATCH)]
    lon, lat, arc = np.concatenate(fitted, axis=1) if fitted else np.empty((3, 0))
    return lon, lat, 2 * arc * body.radius_km


def image_circles(
    lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, transform: Affine, crs: CRS, body: Body
) -> FloatArray:
    """Centre x, y and radius in pixels, (n, 3), of the images of circles on a conformal map: what `fit_boxes` undoes.

    The box of the projected rim is taken; where that is torn (the rim crosses the map's edge), and for circles so
    small that it makes no difference, the projected centre and the local scale.
    """
    frame = _Frame(transform, crs, body)
    lon, lat, diameter = (np.asarray(column, dtype=float) for column in (lon, lat, diameter_km))
    arc = diameter / 2 / body.radius_km
    radius_px = diameter / 2 * scale_factor(crs, lon, lat, body) / frame.pixel_km
    circles = np.column_stack([*frame.pixel(lon, lat), radius_px])
    large = np.flatnonzero(arc**2 > LOCAL_LIMIT_PX * frame.pixel_km / body.radius_km)
    for start in range(0, len(large), IMAGE_BATCH):
        rows = large[start : start + IMAGE_BATCH]
        boxes = _image_boxes(np.stack([lon[rows], lat[rows], arc[rows]]), frame)
        images = np.column_stack([boxes[:, :2], boxes[:, 2:].mean(axis=1) / 2])
        with np.errstate(invalid="ignore"):
            whole = np.abs(images[:, 2] / circles[rows, 2] - 1.0) < MAX_CHANGE
        circles[rows[whole]] = images[whole]
    return circles


class _Frame:
    """Pixels to degrees and back, shapes kept."""

    def __init__(self, transform: Affine, crs: CRS, body: Body) -> None:
        self.affine, self.inverse_affine, self.body = transform, ~transform, body
        self.to_degrees = transformer(crs, body.geographic_crs)
        self.to_map = transformer(body.geographic_crs, crs)
        self.is_geographic = crs.is_geographic
        degree_km = np.radians(1.0) * body.radius_km
        self.pixel_km = math.sqrt(abs(transform.determinant)) * (degree_km if self.is_geographic else 0.001)

    def lonlat(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.to_degrees.transform(*_apply(self.affine, x, y))

    def pixel(self, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _apply(self.inverse_affine, *self.to_map.transform(lon, lat))


def _apply(affine: Affine, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _fit_batch(boxes: FloatArray, frame: _Frame) -> FloatArray:
    """(3, n): lon, lat in degrees, arc radius in radians."""
    fitted = _fit_ellipses(boxes, frame)
    limit = (REFINING_LIMIT_PX * frame.pixel_km / frame.body.radius_km) ** (1 / 3)
    large = np.flatnonzero(fitted[2] > limit)
    if len(large) == 0:
        return fitted
    wanted, trial = boxes[large], boxes[large].copy()
    size = wanted[:, 2:].mean(axis=1, keepdims=True)
    for _ in range(REFINING_STEPS):
        change = wanted - _image_boxes(_fit_ellipses(trial, frame), frame)
        # a circle has one size, so only the mean of width and height is fed back
        change[:, 2:] = change[:, 2:].mean(axis=1, keepdims=True)
        # where the image is torn (the rim crosses the map's edge) the first fit stands
        trial += np.where((np.abs(change) < MAX_CHANGE * size).all(axis=1, keepdims=True), change, 0.0)
    fitted[:, large] = _fit_ellipses(trial, frame)
    return fitted


def _fit_ellipses(boxes: FloatArray, frame: _Frame) -> FloatArray:
    """Circles (3, n) fitted to the inscribed ellipses taken back to the sphere."""
    angle = np.linspace(0.0, 2 * np.pi, RIM_POINTS, endpoint=False)
    x, y, width, height = boxes.T[:, :, None]
    lon, lat = frame.lonlat(x + width / 2 * np.cos(angle), y + height / 2 * np.sin(angle))
    return fit_circles(lon, lat)


def fit_circles(lon: ArrayLike, lat: ArrayLike, least: int = MIN_RIM_POINTS) -> FloatArray:
    """Least-squares circles on the sphere through rim points, (n, m) degrees; (3, n): lon, lat, arc radius (radians).

    A circle on the sphere lies in a plane: the plane of least squared distance to the points' unit vectors is the
    eigenvector of their scatter matrix with the least eigenvalue. Points that are not finite are left out; with
    fewer than `least` left the result is NaN.
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    used = np.isfinite(lon) & np.isfinite(lat)
    points = unit_vectors(np.where(used, lon, 0.0), np.where(used, lat, 0.0))
    weight = used / np.maximum(used.sum(axis=1, keepdims=True), 1)
    points = np.where(used[..., None], points, 0.0)
    mean = np.einsum("nm,nmi->ni", weight, points)
    offsets = points - mean[:, None, :]
    scatter = np.einsum("nm,nmi,nmj->nij", weight, offsets, offsets)
    # eigenvalues scale with the square of the circle: without this, tiny circles would drown in rounding
    trace = np.trace(scatter, axis1=1, axis2=2)
    axis = np.linalg.eigh(scatter / np.where(trace > 0, trace, 1.0)[:, None, None])[1][:, :, 0]
    axis *= np.where(np.einsum("ni,ni->n", axis, mean) < 0, -1.0, 1.0)[:, None]
    distance = 2 * np.arcsin(np.clip(np.linalg.norm(points - axis[:, None, :], axis=-1) / 2, 0.0, 1.0))
    arc = np.einsum("nm,nm->n", weight, np.where(used, distance, 0.0))
    circle = np.stack([*lon_lat(axis), arc])
    circle[:, used.sum(axis=1) < least] = np.nan
    return circle


def _image_boxes(circle: FloatArray, frame: _Frame) -> FloatArray:
    """Boxes (n, 4) around the images of circles (3, n): centre x, y, width, height in pixels."""
    lon, lat, arc = circle
    rim_lon, rim_lat = rim_points(lon, lat, 2 * arc * frame.body.radius_km, frame.body, IMAGE_RIM_POINTS)
    low, high = zip(*(_extremes(values) for values in frame.pixel(rim_lon, rim_lat)), strict=True)
    low_xy, high_xy = np.column_stack(low), np.column_stack(high)
    return np.column_stack([(low_xy + high_xy) / 2, high_xy - low_xy])


def _extremes(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and greatest value of periodic samples (n, m), by the parabola through the three at the extreme."""

    def greatest(samples: FloatArray) -> FloatArray:
        at = samples.argmax(axis=1)[:, None]
        left, top, right = (np.take_along_axis(samples, (at + i) % samples.shape[1], axis=1)[:, 0] for i in (-1, 0, 1))
        bend = left - 2 * top + right
        return np.asarray(top - (right - left) ** 2 / (8 * np.where(bend < 0, bend, -np.inf)))

    return -greatest(-values), greatest(values)
