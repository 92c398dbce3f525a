"""A longitude-latitude rectangle that may cross the antimeridian."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.errors import UserError


def wrap_longitude(lon: ArrayLike) -> NDArray[np.float64]:
    """Longitudes in degrees, any range, as values in [-180, 180)."""
    return (np.asarray(lon, dtype=float) + 180.0) % 360.0 - 180.0


@dataclass(frozen=True)
class Bounds:
    """Degrees, east positive, planetocentric. `west > east` crosses the antimeridian.

    `west` and `east` lie in [-180, 360]; a width of 360 degrees is the whole circle of latitude.
    """

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not -90.0 <= self.south < self.north <= 90.0:
            raise UserError(
                f"bounds {list(self)}: south must be below north, both within -90 and 90 degrees; "
                "the order is [west, south, east, north]"
            )
        if not (-180.0 <= self.west <= 360.0 and -180.0 <= self.east <= 360.0):
            raise UserError(f"bounds {list(self)}: longitudes must lie within -180 and 360 degrees east")
        if self.west == self.east:
            raise UserError(f"bounds {list(self)}: west equals east, so the region is empty")

    def __iter__(self) -> Iterator[float]:
        return iter((self.west, self.south, self.east, self.north))

    @property
    def width(self) -> float:
        """Degrees of longitude covered, in (0, 360]."""
        width = (self.east - self.west) % 360.0
        return width if width > 0 else 360.0

    @property
    def height(self) -> float:
        """Degrees of latitude covered."""
        return self.north - self.south

    @property
    def centre(self) -> tuple[float, float]:
        """(lon, lat) of the middle, lon in [-180, 180)."""
        return float(wrap_longitude(self.west + self.width / 2)), (self.south + self.north) / 2

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Which points lie inside, borders included; shapes broadcast."""
        east_of_west = (np.asarray(lon, dtype=float) - self.west) % 360.0
        lat = np.asarray(lat, dtype=float)
        return (east_of_west <= self.width) & (self.south <= lat) & (lat <= self.north)

    def overlaps(self, other: "Bounds") -> bool:
        """Whether the two share any ground; a common border is none."""
        between = (other.west - self.west) % 360.0, (self.west - other.west) % 360.0
        side_by_side = between[0] < self.width or between[1] < other.width
        return side_by_side and max(self.south, other.south) < min(self.north, other.north)

    def expanded(self, degrees_lat: float, degrees_lon: float) -> "Bounds":
        """Grown on every side, clipped at the poles and at a full circle."""
        south, north = max(-90.0, self.south - degrees_lat), min(90.0, self.north + degrees_lat)
        if self.width + 2 * degrees_lon >= 360.0:
            return Bounds(-180.0, south, 180.0, north)
        west = float(wrap_longitude(self.west - degrees_lon))
        east = float(wrap_longitude(self.west + self.width + degrees_lon))
        return Bounds(west, south, east, north)

    def outline(self, points_per_side: int = 33) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(lon, lat) along the border, densified; lon runs on past 180 where the region crosses it."""
        lon = self.west + np.linspace(0.0, self.width, points_per_side)
        lat = np.linspace(self.south, self.north, points_per_side)
        return (
            np.concatenate([lon, np.full_like(lat, lon[-1]), lon[::-1], np.full_like(lat, lon[0])]),
            np.concatenate([np.full_like(lon, self.south), lat, np.full_like(lon, self.north), lat[::-1]]),
        )
