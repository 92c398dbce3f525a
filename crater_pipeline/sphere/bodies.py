"""Planetary bodies as spheres, and their geographic coordinate reference systems."""

from functools import cache, cached_property

from pydantic import Field
from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from crater_pipeline.errors import UserError
from crater_pipeline.settings import Settings

REGISTERED = " (2015) - Sphere / Ocentric"
"""How the names end of the spheres that the IAU's working group of 2015 gave the bodies."""

RADIUS_TOLERANCE_M = 0.5
"""Two spheres closer than this are the same; 1737151.3 m against 1737400 m is not."""


class Body(Settings):
    """A body of radius `radius_m`, planetocentric latitudes, longitudes positive to the east."""

    name: str = Field(description="Name of the body, lower case.")
    radius_m: float = Field(gt=0, description="Radius of the reference sphere in metres.")

    @property
    def radius_km(self) -> float:
        return self.radius_m / 1000.0

    @cached_property
    def geographic_crs(self) -> CRS:
        """Longitude and latitude in degrees on this sphere (use it with `always_xy=True`)."""
        registered = registered_spheres().get(self.name)
        if registered is not None:
            crs = CRS.from_user_input(registered)
            if crs.ellipsoid is not None and crs.ellipsoid.semi_major_metre == self.radius_m:
                return crs
        title = self.name.capitalize()
        return CRS.from_wkt(
            f'GEOGCRS["{title} - Sphere / Ocentric",DATUM["{title} - Sphere",'
            f'ELLIPSOID["{title} - Sphere",{self.radius_m!r},0,LENGTHUNIT["metre",1]]],'
            'PRIMEM["Reference Meridian",0,ANGLEUNIT["degree",0.0174532925199433]],'
            'CS[ellipsoidal,2],AXIS["geodetic latitude (Lat)",north],AXIS["geodetic longitude (Lon)",east],'
            'UNIT["degree",0.0174532925199433]]'
        )

    @property
    def crs_text(self) -> str:
        """The geographic system as one types it for GDAL's and rasterio's commands."""
        code = self.geographic_crs.to_authority(min_confidence=100)
        return ":".join(code) if code else f"+proj=longlat +R={self.radius_m:.10g} +no_defs"

    def check_crs(self, crs: CRS | None, where: str) -> None:
        """Raise `UserError` unless `crs` stands on this body's sphere; `where` names the file."""
        if crs is None:
            raise UserError(
                f"{where}: no coordinate reference system; assign one that stands on the sphere of "
                f"{self.radius_m:.0f} m of body '{self.name}'"
            )
        ellipsoid = crs.ellipsoid
        if ellipsoid is None:
            raise UserError(
                f"{where}: its coordinate reference system '{crs.name}' has no ellipsoid, so that it says nothing "
                f"about a place on a body; assign one on the sphere of {self.radius_m:.0f} m ({self.crs_text})"
            )
        axes = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre)
        if any(abs(axis - self.radius_m) > RADIUS_TOLERANCE_M for axis in axes):
            raise UserError(
                f"{where}: stands on an ellipsoid of {axes[0]:.1f} x {axes[1]:.1f} m, but body '{self.name}' is a "
                f"sphere of {self.radius_m:.1f} m; {self._remedy(*axes)}"
            )

    def _remedy(self, semi_major_m: float, semi_minor_m: float) -> str:
        """What to do about data on another ellipsoid."""
        assign = f"if the data are of '{self.name}' all the same, assign a system on its sphere ({self.crs_text})"
        sphere = abs(semi_major_m - semi_minor_m) <= RADIUS_TOLERANCE_M
        near = [body for body in map(known_body, registered_spheres()) if _alike(body.radius_m, semi_major_m)]
        other = next((body for body in near if body.name != self.name), None)
        if sphere and abs(semi_major_m - self.radius_m) < 0.02 * self.radius_m:
            return f"{assign}, or give the body the radius_m of the data"
        if sphere:
            whose = f"that of '{other.name}'" if other and _same(other.radius_m, semi_major_m) else "the one they show"
            return f"{assign}; else choose the data's own body, {whose}, with a radius_m of {semi_major_m:.10g}"
        choice = f"choose body '{other.name}' and " if other else ""
        target = other or self
        return (
            f"{assign}; else, since bodies are spheres here and no radius_m fits an ellipsoid, {choice}transform the "
            f"data to the sphere of {target.radius_m:.10g} m (gdalwarp -t_srs '{target.crs_text}')"
        )


def _same(one_m: float, other_m: float) -> bool:
    return abs(one_m - other_m) <= RADIUS_TOLERANCE_M


def _alike(one_m: float, other_m: float) -> bool:
    """Radii of one body, by different authors."""
    return abs(one_m - other_m) < 0.001 * one_m


@cache
def registered_spheres() -> dict[str, str]:
    """Name of a body, lower case -> its registered ocentric sphere, such as IAU_2015:30100."""
    every = query_crs_info(auth_name="IAU_2015", pj_types=[PJType.GEOGRAPHIC_2D_CRS])
    return {
        crs.name.removesuffix(REGISTERED).lower(): f"{crs.auth_name}:{crs.code}"
        for crs in every
        if crs.name.endswith(REGISTERED)
    }


@cache
def known_body(name: str) -> Body:
    """The Moon, a planet or another moon by its name, in any case, with the IAU's radius of 2015.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    registered = registered_spheres().get(name.strip().lower())
    ellipsoid = CRS.from_user_input(registered).ellipsoid if registered else None
    if ellipsoid is None:
        raise UserError(
            f"body '{name}': not known by name (moon, mars, mercury, ceres, europa and their like are); give it as "
            'JSON, for instance {"name": "ryugu", "radius_m": 448}'
        )
    return Body(name=name.strip().lower(), radius_m=ellipsoid.semi_major_metre)


MOON = Body(name="moon", radius_m=1_737_400)
"""What a command takes as the body if it is not told another one."""
