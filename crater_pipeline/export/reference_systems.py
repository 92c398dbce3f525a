"""The geographic reference system of a body in the spelling that GIS programs understand."""

from crater_pipeline.sphere.bodies import Body

AXES = ',AXIS["Latitude",NORTH],AXIS["Longitude",EAST]'


def wkt1(body: Body, axes: bool = False) -> str:
    """Well-known text, version 1, of longitude and latitude on the body's sphere: one line, no authority.

    QGIS and PROJ recognise it as IAU_2015:30100 for the Moon: beside a shapefile without axes (version 2 is not read
    there at all), inside a GeoPackage only with the axes in the order of the registered definition. That says nothing
    about the order of the coordinates, which is longitude, latitude in both formats.
    """
    crs = body.geographic_crs
    assert crs.datum is not None  # a geographic system has one
    return (
        f'GEOGCS["{crs.name}",DATUM["{crs.datum.name}",SPHEROID["{crs.datum.name}",{body.radius_m:.10g},0]],'
        f'PRIMEM["Reference Meridian",0],UNIT["degree",0.0174532925199433]{AXES if axes else ""}]'
    )


def authority(body: Body) -> tuple[str, int] | None:
    """Organization and number of the body's registered system, if it has one."""
    known = body.geographic_crs.to_authority(min_confidence=100)
    return None if known is None else (known[0], int(known[1]))
