"""Planetary bodies as spheres, and their geographic coordinate reference systems."""

from functools import cached_property

from pydantic import Field
from pyproj import CRS

from crater_pipeline.errors import UserError
from crater_pipeline.settings import Settings

IAU_2015_SPHERES = {("moon", 1_737_400.0): "IAU_2015:30100"}
"""Bodies with a registered ocentric sphere; any other body gets a CRS of its own."""

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
        registered = IAU_2015_SPHERES.get((self.name, self.radius_m))
        if registered is not None:
            return CRS.from_user_input(registered)
        title = self.name.capitalize()
        return CRS.from_wkt(
            f'GEOGCRS["{title} - Sphere / Ocentric",DATUM["{title} - Sphere",'
            f'ELLIPSOID["{title} - Sphere",{self.radius_m!r},0,LENGTHUNIT["metre",1]]],'
            'PRIMEM["Reference Meridian",0,ANGLEUNIT["degree",0.0174532925199433]],'
            'CS[ellipsoidal,2],AXIS["geodetic latitude (Lat)",north],AXIS["geodetic longitude (Lon)",east],'
            'UNIT["degree",0.0174532925199433]]'
        )

    def check_crs(self, crs: CRS | None, where: str) -> None:
        """Raise `UserError` unless `crs` stands on this body's sphere; `where` names the file."""
        if crs is None:
            raise UserError(
                f"{where}: no coordinate reference system; assign one (gdal_edit.py -a_srs) that stands on "
                f"the sphere of {self.radius_m:.0f} m of body '{self.name}'"
            )
        ellipsoid = crs.ellipsoid
        if ellipsoid is None:
            raise UserError(f"{where}: its coordinate reference system has no ellipsoid; assign a lunar one")
        axes = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre)
        if any(abs(axis - self.radius_m) > RADIUS_TOLERANCE_M for axis in axes):
            raise UserError(
                f"{where}: stands on an ellipsoid of {axes[0]:.1f} x {axes[1]:.1f} m, but body '{self.name}' is a "
                f"sphere of {self.radius_m:.1f} m; use data of that body, correct the file's reference system, or "
                "give the body another radius_m"
            )


MOON = Body(name="moon", radius_m=1_737_400)
"""What a command takes as the body if it is not told another one."""
