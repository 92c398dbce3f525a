"""Step: the craters in the formats that other programs read."""

import logging
from pathlib import Path

from crater_pipeline.export import craterstats, shapefile
from crater_pipeline.export.depth_style import depth_styles
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.mosaic_view import mosaic_view
from crater_pipeline.export.plain import write_csv
from crater_pipeline.export.project import write_project
from crater_pipeline.export.provenance import provenance_rows
from crater_pipeline.export.publication import COLUMNS, catalogue_layer, exported_craters
from crater_pipeline.export.styles import crosses_seam, styles
from crater_pipeline.measures.table import read_depths, with_depths
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import (
    CraterCsv,
    DiamFile,
    GeoPackageFile,
    QgisProject,
    SccFile,
    Shapefile,
)
from crater_pipeline.tables import read_geotable, read_model, read_table

logger = logging.getLogger(__name__)


def export(
    *,
    region: str,
    craters: Path,
    operating_point: Path,
    catalogue: Path,
    footprint: Path,
    image: Path,
    output_geopackage: GeoPackageFile,
    output_project: QgisProject,
    output_csv: CraterCsv,
    output_shapefile: Shapefile,
    output_craterstats_shapefile: Shapefile,
    output_area_shapefile: Shapefile,
    output_diam: DiamFile,
    output_scc: SccFile,
    provenance: str = "{}",
    body: Body,
    depths: Path | None = None,
    vertices: int = 72,
) -> None:
    """Write the craters at or above the operating threshold for QGIS, other GIS and CraterStats.

    Parameters
    ----------
    region
        The region's name.
    craters
        Parquet table of every crater with calibrated score and status.
    operating_point
        JSON with the threshold.
    catalogue
        Parquet table of the region's catalogue; an empty one means that there is none.
    footprint
        GeoParquet of the area that was searched.
    image
        The raster that was searched, on the map projection of the region.
    output_geopackage
        GeoPackage: layers craters, centres, footprint, catalogue, with styles and provenance.
    output_project
        QGIS project that shows the GeoPackage over the raster.
    output_csv
        The exported craters as comma-separated values.
    output_shapefile
        The exported craters as a shapefile (.shp, with .shx, .dbf, .prj, .cpg).
    output_craterstats_shapefile
        Craters for CraterStats, `<name>_CRATER.shp`.
    output_area_shapefile
        The searched area for CraterStats, `<name>_AREA.shp`.
    output_diam
        Diameters and area for CraterStats.
    output_scc
        Spatial crater count for CraterStats and OpenCraterTool.
    provenance
        JSON object of what made the craters; it is kept in the GeoPackage.
    body
        The body as JSON: name and radius_m.
    depths
        Parquet table of their depths, from `measure_depth` (default: none; the columns are there and empty).
    vertices
        Vertices of a crater's polygon.
    """
    point = read_model(operating_point, OperatingPoint)
    published = with_depths(read_table(craters, COLUMNS), read_depths(depths))
    known = read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"])
    searched = read_geotable(footprint, ["split", "area_km2", "geometry"])
    exported = exported_craters(published, point)
    listed = catalogue_layer(known, exported, searched)
    facts = provenance_rows(
        provenance,
        region=region,
        body=body.model_dump(),
        weights_hash=published.attrs.get("weights_hash"),
        operating_point=point.model_dump(include={"threshold", "raw_threshold", "source"}),
    )
    seam = crosses_seam(searched, [exported, listed], body)
    layers = region_layers(exported, searched, listed, body, vertices)
    write_geopackage(output_geopackage, layers, styles(seam), facts, body, depth_styles(exported, seam))
    title = region.replace("_", " ").capitalize()
    write_project(output_project, title, output_geopackage, mosaic_view(image), searched, body, seam)
    write_csv(output_csv, exported)
    shapefile.write_craters(output_shapefile, exported, body, vertices)
    area, area_km2 = craterstats.searched_area(searched, body), float(searched["area_km2"].sum())
    craterstats.write_crater_shapefile(output_craterstats_shapefile, exported, body)
    craterstats.write_area_shapefile(output_area_shapefile, area, area_km2, body)
    craterstats.write_diam(output_diam, exported, area_km2)
    craterstats.write_scc(output_scc, exported, area, area_km2, body)
    logger.info(
        "%d of %d craters exported: %s", len(exported), len(published), exported["status"].value_counts().to_dict()
    )


if __name__ == "__main__":
    run(export)
