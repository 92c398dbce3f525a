"""Values that follow from a region's sources: pixel size, completeness, diameters worth learning and judging."""

from crater_pipeline.configuration.entries import Configuration
from crater_pipeline.configuration.sources import Catalogue, Mosaic, RasterMosaic, SimulatedCatalogue, SimulatedMosaic
from crater_pipeline.rasters.files import raster_info

NOMINAL_PIXEL_M = 100.0
"""Pixel of the WAC mosaic: assumed where a remote raster's `pixel_size_m` is not given."""

SHOWN_PX, JUDGED_PX = 8.0, 10.0
"""Smallest diameter in pixels that an image shows well enough to learn from, and to be judged by."""

TERRAIN_SHOWN_KM, TERRAIN_JUDGED_KM = 1.5, 2.0
"""The same for a stereo terrain model, whose resolution is far below its pixel size. Of the catalogued craters of
1.25-1.5 km GLD100 shows about half, of those of 1.5-2 km four in five, from 2 km nearly all."""


def mosaic_pixel_size_m(mosaic: Mosaic) -> float:
    """A pixel on the ground in metres: as configured, else read from a local file (north-south for degrees)."""
    if mosaic.pixel_size_m is not None:
        return mosaic.pixel_size_m
    assert isinstance(mosaic, RasterMosaic)
    if mosaic.remote or not mosaic.path.is_file():
        return NOMINAL_PIXEL_M
    info = raster_info(mosaic.path)
    # A raster without a reference system is refused by a check of its own, which must get as far as that.
    return abs(info.transform.e) if info.crs is None else info.pixel_size_m


def completeness_km(catalogue: Catalogue | None, configuration: Configuration) -> float:
    """Diameter from which the catalogue is complete; 0 without one, so that nothing counts as unverifiable."""
    match catalogue:
        case None:
            return 0.0
        case SimulatedCatalogue(complete_km=None, mosaic=name):
            mosaic = configuration.mosaics[name]
            assert isinstance(mosaic, SimulatedMosaic)
            return mosaic.simulation.catalogue_min_px * mosaic.pixel_size_m / 1000.0
        case _:
            return catalogue.complete_km or 0.0


def least_label_km(kind: str, pixel_size_m: float, complete_km: float) -> float:
    """Smaller catalogue craters are not trained on: the catalogue lacks some, or the raster does not show them."""
    return least_km(pixel_size_m * SHOWN_PX, TERRAIN_SHOWN_KM if kind == "dtm" else 0.0, complete_km)


def least_judged_km(kind: str, pixel_size_m: float, complete_km: float) -> float:
    """Smaller craters are left out of the headline figures."""
    return least_km(pixel_size_m * JUDGED_PX, TERRAIN_JUDGED_KM if kind == "dtm" else 0.0, complete_km)


def least_km(shown_m: float, terrain_km: float, complete_km: float) -> float:
    """The largest of the three limits, to the metre."""
    return round(max(shown_m / 1000.0, terrain_km, complete_km), 3)
