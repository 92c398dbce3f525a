"""What each column of the exported files means, and in which unit."""

from collections.abc import Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """Unit (empty for names, counts and shares) and meaning of a column, as the documentation gives them."""

    unit: str
    meaning: str


PLACE: Mapping[str, Column] = {
    "lon": Column("degrees", "longitude of the centre, planetocentric, positive to the east, -180 to 180"),
    "lat": Column("degrees", "latitude of the centre, planetocentric, positive to the north"),
}

CRATERS: Mapping[str, Column] = {
    "crater_id": Column(
        "", "name made of place and size, such as `C-027.12345+034.56789-D0002.34`: the same in every run"
    ),
    **PLACE,
    "diameter_km": Column("km", "diameter along the sphere, multiplied by the scale of the operating point"),
    "score": Column(
        "", "calibrated score, 0 to 1: the probability that it is a crater, by the catalogue that it was fitted on"
    ),
    "raw_score": Column("", "the network's own score, 0 to 1"),
    "status": Column(
        "",
        "`matched` one to one with the catalogue, `candidate` (not in it), or `unverifiable` (smaller than what "
        "the catalogue holds completely)",
    ),
    "catalogue_id": Column("", "name of the catalogue crater that it is matched with; empty if none"),
    "level": Column("", "level of the image pyramid on which it was found: pixels of 2^level times the raster's"),
    "diameter_px": Column("pixels of that level", "diameter, multiplied like `diameter_km`"),
    "split": Column("", "part of the region that holds its centre: `train`, `val` or `test`"),
    "touches_edge": Column("", "whether its rim reaches the raster's border, nodata, or leaves the bounds"),
    "centre_sigma_km": Column("km", "standard deviation of the centre along each axis; empty if not known"),
    "diameter_sigma_km": Column("km", "standard deviation of the diameter; empty if not known"),
    "depth_m": Column("m", "crest of the rim above the floor; empty without terrain that shows enough of it"),
    "depth_sd_m": Column("m", "its standard deviation"),
    "rim_height_m": Column("m", "crest of the rim above the ground around; empty likewise"),
    "rim_height_sd_m": Column("m", "its standard deviation"),
    "depth_to_diameter": Column("", "depth over diameter, both in metres"),
    "depth_to_diameter_sd": Column("", "its standard deviation"),
}

CATALOGUE: Mapping[str, Column] = {
    "catalogue_id": Column("", "the crater's name in its catalogue"),
    **PLACE,
    "diameter_km": Column("km", "diameter as listed"),
    "arc_fraction": Column("", "share of the rim that was traced, 0 to 1; empty if the catalogue has none"),
    "depth_m": Column("m", "rim to floor as listed; empty likewise"),
    "added": Column("", "1 if the catalogue took the crater from another one, 0 if it found it; empty likewise"),
    "found": Column("", "whether an exported crater is matched with it"),
}

REVIEW: Mapping[str, Column] = {
    "review": Column("", "empty; a user writes `accept` or `reject`, see [corrections](corrections.md)"),
}

FOOTPRINT: Mapping[str, Column] = {
    "split": Column("", "part of the region: `train`, `val` or `test`"),
    "area_km2": Column("km²", "area on the sphere that was searched, without nodata: divide counts by it"),
}

PROVENANCE: Mapping[str, Column] = {
    "key": Column("", "what is told: `code_version`, `weights_hash`, `sources.0.sha256`..."),
    "value": Column("", "its value as text"),
}

CRATERSTATS_CRATERS: Mapping[str, Column] = {
    "Diam_km": Column("km", "diameter along the sphere"),
    "x_coord": Column("degrees", "longitude of the centre"),
    "y_coord": Column("degrees", "latitude of the centre"),
    "tag": Column("", "`standard`"),
}

CRATERSTATS_AREA: Mapping[str, Column] = {
    "area": Column("km²", "area on the sphere that was searched"),
    "area_name": Column("", "`searched`"),
}

COUNT_BLOCKS: Mapping[str, Column] = {
    "diameter": Column("km", "diameter along the sphere"),
    "diam": Column("km", "diameter along the sphere"),
    "fraction": Column("", "share of the crater that counts: 1"),
    "lon": Column("degrees", "longitude, of the centre or of the vertex"),
    "lat": Column("degrees", "latitude likewise"),
    "topo_scale_factor": Column("", "1: the diameters are those on the ground already"),
    "vertex": Column("", "number of the vertex"),
    "sub_area": Column("", "number of the ring that it belongs to"),
    "tag": Column("", "`ext` for an outer ring, `int` for a hole"),
}
"""Columns of the blocks in braces of `.diam` and `.scc`."""
