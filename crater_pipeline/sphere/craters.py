"""Craters as circles on a sphere: distances, rims, polygons, names.

Longitudes and latitudes are planetocentric degrees, longitudes positive to the east; a crater's diameter is measured
along the surface, so a rim point lies `diameter_km / 2` of great-circle arc from the centre.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude

FloatArray = NDArray[np.float64]

POLE_TOLERANCE_DEG = 1e-9
"""A rim that comes this near to a pole goes through it (0.03 mm on the Moon)."""

POLYGON_BATCH = 20_000
"""Circles built at once: bounds the memory of the vertices to some tens of MB."""


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> FloatArray:
    """Directions from the body's centre, shape (..., 3)."""
    lon, lat = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def lon_lat(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longitude [-180, 180) and latitude in degrees of directions of any length, shape (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=float), -1, 0)
    # arctan2 keeps full precision at the poles, where arcsin loses half of the digits
    return wrap_longitude(np.degrees(np.arctan2(y, x))), np.degrees(np.arctan2(z, np.hypot(x, y)))


def great_circle_km(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike, body: Body) -> FloatArray:
    """Distance along the sphere in km (haversine, exact to the last digits for near points); shapes broadcast."""
    phi1, phi2 = np.radians(np.asarray(lat1, dtype=float)), np.radians(np.asarray(lat2, dtype=float))
    half_dlon = np.radians(np.asarray(lon2, dtype=float) - np.asarray(lon1, dtype=float)) / 2
    haversine = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlon) ** 2
    return np.asarray(2 * body.radius_km * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))))


def destination(
    lon: ArrayLike, lat: ArrayLike, azimuth_deg: ArrayLike, distance_km: ArrayLike, body: Body
) -> tuple[FloatArray, FloatArray]:
    """(lon, lat) reached from a point along a great circle; azimuth clockwise from north; shapes broadcast."""
    dlon, end_lat = _rim_offsets(lat, azimuth_deg, np.asarray(distance_km, dtype=float) / body.radius_km)
    return wrap_longitude(np.asarray(lon, dtype=float) + dlon), end_lat


def rim_points(
    lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, body: Body, points: int
) -> tuple[FloatArray, FloatArray]:
    """(lon, lat) of points at even azimuths from north, clockwise, on the rims of n craters; shape (n, points)."""
    azimuth = np.linspace(0.0, 360.0, points, endpoint=False)
    columns = (np.asarray(column, dtype=float)[:, None] for column in (lon, lat, diameter_km))
    centre_lon, centre_lat, diameter = columns
    return destination(centre_lon, centre_lat, azimuth, diameter / 2, body)


def _rim_offsets(lat: ArrayLike, azimuth_deg: ArrayLike, arc: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(longitude difference in (-180, 180], latitude) after `arc` radians along `azimuth_deg` from `lat`."""
    lat, azimuth = np.radians(np.asarray(lat, dtype=float)), np.radians(np.asarray(azimuth_deg, dtype=float))
    arc = np.asarray(arc, dtype=float)
    along, across = np.sin(arc) * np.cos(azimuth), np.sin(arc) * np.sin(azimuth)
    # components of the end point: towards the equator under the start, towards the east, towards the pole
    equatorial = np.cos(arc) * np.cos(lat) - along * np.sin(lat)
    polar = np.cos(arc) * np.sin(lat) + along * np.cos(lat)
    return np.degrees(np.arctan2(across, equatorial)), np.degrees(np.arctan2(polar, np.hypot(equatorial, across)))


def distance_to_bounds_km(lon: ArrayLike, lat: ArrayLike, bounds: Bounds, body: Body) -> FloatArray:
    """Great-circle distance of points from `bounds` in km, 0 inside; antimeridian and poles included; shape (n,)."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    east_of_west = (lon - bounds.west) % 360.0
    # on a parallel, the point nearest in longitude is the nearest point
    overshoot = east_of_west - bounds.width
    nearest_lon = np.where(overshoot <= 0, lon, np.where(overshoot <= 360.0 - east_of_west, bounds.east, bounds.west))
    candidates = [(nearest_lon, bounds.south), (nearest_lon, bounds.north)]
    for side in (bounds.west, bounds.east):
        dlon, phi = np.radians(lon - side), np.radians(lat)
        foot = np.degrees(np.arctan2(np.sin(phi), np.cos(phi) * np.cos(dlon)))
        candidates.append((np.full_like(lon, side), np.clip(foot, bounds.south, bounds.north)))
    distance = np.min([great_circle_km(lon, lat, *point, body) for point in candidates], axis=0)
    return np.where(bounds.contains(lon, lat), 0.0, distance)


def depth_in_bounds_km(lon: ArrayLike, lat: ArrayLike, bounds: Bounds, body: Body) -> FloatArray:
    """How far inside `bounds` points lie, in km, 0 outside; shape (n,).

    It is at most the great-circle distance from the border: of a meridian all of its great circle counts. Poles are no
    border, and neither are meridians where the bounds go all around.
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    arcs = [np.full(lon.shape, np.pi)]
    arcs += [np.radians(np.abs(lat - edge)) for edge in (bounds.south, bounds.north) if abs(edge) < 90.0]
    for side in (bounds.west, bounds.east) if bounds.width < 360.0 else ():
        arcs.append(np.arcsin(np.abs(np.sin(np.radians(lon - side))) * np.cos(np.radians(lat))))
    return np.where(bounds.contains(lon, lat), body.radius_km * np.min(arcs, axis=0), 0.0)


def circles_meet_bounds(
    lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, bounds: Bounds, body: Body
) -> NDArray[np.bool_]:
    """Which circles share a point with `bounds`, exact on the sphere, antimeridian and poles included; shape (n,)."""
    return distance_to_bounds_km(lon, lat, bounds, body) <= np.asarray(diameter_km, dtype=float) / 2


def crosses_antimeridian(lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, body: Body) -> NDArray[np.bool_]:
    """Which circles cross the meridian of 180 degrees and hold no pole, so that a map shows them in two parts."""
    lon, absolute_lat = np.abs(wrap_longitude(lon)), np.abs(np.asarray(lat, dtype=float))
    arc = np.asarray(diameter_km, dtype=float) / 2 / body.radius_km
    ratio = np.sin(arc) / np.maximum(np.cos(np.radians(absolute_lat)), 1e-300)
    half_width = np.degrees(np.arcsin(np.minimum(ratio, 1.0)))
    return np.asarray((absolute_lat + np.degrees(arc) <= 90.0 + POLE_TOLERANCE_DEG) & (lon + half_width > 180.0))


def circle_polygons(
    lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, body: Body, vertices: int = 72
) -> NDArray[np.object_]:
    """Circles of constant great-circle radius as shapely geometries in degrees, shape (n,).

    A circle across the antimeridian is a MultiPolygon with a part on each side; one that holds a pole is a Polygon
    from -180 to 180 degrees that reaches +-90. Every vertex lies on the circle, except where a polygon follows the
    antimeridian or the pole's edge of the map.

    Raises
    ------
    ValueError
        If a circle is a hemisphere or more, which no crater is.
    """
    lon, lat, diameter_km = np.broadcast_arrays(
        np.atleast_1d(wrap_longitude(lon)), np.asarray(lat, dtype=float), np.asarray(diameter_km, dtype=float)
    )
    arc = diameter_km / 2 / body.radius_km
    if np.any(arc >= np.pi / 2):
        raise ValueError(f"diameter of {diameter_km.max():.0f} km: a circle must be smaller than a hemisphere")
    polygons = np.empty(len(lon), dtype=object)
    holds_pole = np.abs(lat) + np.degrees(arc) > 90.0 + POLE_TOLERANCE_DEG
    for rows, build in ((~holds_pole, _plain_circles), (holds_pole, _polar_circles)):
        chosen = np.flatnonzero(rows)
        for start in range(0, len(chosen), POLYGON_BATCH):
            batch = chosen[start : start + POLYGON_BATCH]
            polygons[batch] = build(lon[batch], lat[batch], arc[batch], vertices)
    return polygons


def circle_rings(
    lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, body: Body, vertices: int = 72
) -> NDArray[np.object_]:
    """Rims as polygons of exactly `vertices` points on the circle, for programs that compute on the sphere; (n,).

    They are not cut: longitudes run on past 180 degrees, and around a pole the ring does not close on a plane.
    """
    centre = np.atleast_1d(wrap_longitude(lon))[:, None]
    rim_lon, rim_lat = rim_points(centre[:, 0], lat, diameter_km, body, vertices)
    rings = np.stack([centre + wrap_longitude(rim_lon - centre), rim_lat], axis=-1)[:, ::-1]
    return np.asarray(shapely.polygons(shapely.linearrings(rings)), dtype=object)


def _plain_circles(lon: FloatArray, lat: FloatArray, arc: FloatArray, vertices: int) -> NDArray[np.object_]:
    """Circles without a pole inside, cut at the antimeridian."""
    azimuth = -np.linspace(0.0, 360.0, vertices, endpoint=False)  # anticlockwise: an outer ring's usual sense
    dlon, rim_lat = _rim_offsets(lat[:, None], azimuth, arc[:, None])
    dlon = np.where(np.abs(rim_lat) >= 90.0 - POLE_TOLERANCE_DEG, 0.0, dlon)
    rim_lon = lon[:, None] + dlon
    polygons = shapely.polygons(shapely.linearrings(np.stack([rim_lon, rim_lat], axis=-1)))
    for crossing, shift in (((rim_lon > 180.0).any(axis=1), -360.0), ((rim_lon < -180.0).any(axis=1), 360.0)):
        if crossing.any():
            polygons[crossing] = _cut_at_antimeridian(polygons[crossing], shift)
    return np.asarray(polygons)


def _cut_at_antimeridian(polygons: NDArray[np.object_], shift: float) -> NDArray[np.object_]:
    """Polygons that run past +-180 degrees as MultiPolygons inside, the outer part moved by `shift` degrees."""
    globe = shapely.box(-180.0, -90.0, 180.0, 90.0)
    inner = shapely.intersection(polygons, globe)
    outer = shapely.intersection(_shifted(polygons, shift), globe)
    cut = np.empty(len(polygons), dtype=object)
    for row, sides in enumerate(zip(inner, outer, strict=True)):
        # a circle that only touches the meridian leaves a line or a point on the other side
        parts = [part for side in sides for part in shapely.get_parts(side) if isinstance(part, shapely.Polygon)]
        cut[row] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return cut


def _shifted(polygons: NDArray[np.object_], shift: float) -> NDArray[np.object_]:
    move: Callable[[FloatArray], FloatArray] = lambda xy: xy + np.array([shift, 0.0])  # noqa: E731
    return np.asarray(shapely.transform(polygons, move), dtype=object)


def _polar_circles(lon: FloatArray, lat: FloatArray, arc: FloatArray, vertices: int) -> NDArray[np.object_]:
    """Circles around a pole: every meridian is crossed once, so the rim is a curve from -180 to 180 degrees."""
    lon, lat, arc = lon[:, None], lat[:, None], arc[:, None]
    # points at even azimuths describe the far rim well, points on even meridians the rim next to the pole
    dlon, azimuth_lat = _rim_offsets(lat, np.linspace(0.0, 360.0, vertices, endpoint=False), arc)
    meridians = np.broadcast_to(np.linspace(-180.0, 180.0, vertices + 1), (len(lon), vertices + 1))
    phi, delta = np.radians(lat), np.radians(meridians - lon)
    # sin(phi) sin(b) + cos(phi) cos(delta) cos(b) = cos(arc), solved for the latitude b on the pole's side
    sine, cosine = np.sin(phi), np.cos(phi) * np.cos(delta)
    sign = np.sign(lat)
    away = np.arccos(np.clip(np.cos(arc) / np.hypot(sine, cosine), -1.0, 1.0))
    meridian_lat = np.degrees(np.arctan2(sine, cosine) - sign * away)
    azimuth_lon = wrap_longitude(lon + dlon)
    # on the map's edges, where the outline turns to the pole, two latitudes that differ by rounding would cross
    azimuth_lat = np.where(azimuth_lon <= -180.0 + POLE_TOLERANCE_DEG, meridian_lat[:, :1], azimuth_lat)
    azimuth_lat = np.where(azimuth_lon >= 180.0 - POLE_TOLERANCE_DEG, meridian_lat[:, -1:], azimuth_lat)
    rim_lon = np.concatenate([azimuth_lon, meridians], axis=1)
    rim_lat = np.concatenate([azimuth_lat, meridian_lat], axis=1)
    order = np.argsort(rim_lon, axis=1, kind="stable")
    rim_lon, rim_lat = np.take_along_axis(rim_lon, order, axis=1), np.take_along_axis(rim_lat, order, axis=1)
    pole = np.broadcast_to(sign * 90.0, (len(lon), 2))
    edge = np.broadcast_to([180.0, -180.0], (len(lon), 2))
    rings = np.stack([np.concatenate([rim_lon, edge], axis=1), np.concatenate([rim_lat, pole], axis=1)], axis=-1)
    return np.asarray(shapely.polygons(shapely.linearrings(rings)), dtype=object)


def crater_ids(lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike) -> NDArray[np.object_]:
    """Names made of position (1e-5 degree) and diameter (10 m), such as `C-027.12345+034.56789-D0002.34`, shape (n,).

    They depend on nothing but the craters, so the same crater keeps its name in every run and any order of rows.
    Craters that agree to all of these digits get `-2`, `-3`... in the order of their unrounded values.
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    # rounding first, so that 179.999999 becomes -180 and nothing becomes -0
    columns = (wrap_longitude(np.round(lon, 5)) + 0.0, np.round(lat, 5) + 0.0, np.asarray(diameter_km, dtype=float))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    names = pd.Series([f"C{x:+010.5f}{y:+010.5f}-D{d:07.2f}" for x, y, d in rows], dtype=object)
    if names.is_unique:
        return names.to_numpy(dtype=object)
    order = np.lexsort((columns[2], lat, lon))
    copy = names.iloc[order].groupby(names.iloc[order]).cumcount().sort_index()
    return np.where(copy > 0, names + "-" + (copy + 1).astype(str), names).astype(object)
