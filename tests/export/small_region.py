"""Made-up craters, catalogues and footprints, and a run of the steps that publish and export them."""

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from crater_pipeline.detection.merging import COLUMNS
from crater_pipeline.models.scores import Calibration, ErrorModel, OperatingPoint, Uncertainty
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import crater_ids
from crater_pipeline.sphere.projections import choose_projection, transformer
from crater_pipeline.steps.export import export
from crater_pipeline.steps.publish import publish

MOON = Body(name="moon", radius_m=1_737_400.0)

OPERATING_POINT = OperatingPoint(
    threshold=0.5,
    raw_threshold=0.3,
    calibration=Calibration(kind="isotonic", raw=(0.0, 0.3, 1.0), calibrated=(0.0, 0.5, 1.0)),
    uncertainty=Uncertainty(
        centre=ErrorModel(floor=0.01, share=0.0004, doubt=0.01),
        diameter=ErrorModel(floor=0.0, share=0.0025, doubt=0.0),
        n=100,
    ),
    source="validation",
    min_diameter_km=1.0,
)


def box_area_km2(west: float, south: float, east: float, north: float, body: Body = MOON) -> float:
    sines = np.sin(np.radians(north)) - np.sin(np.radians(south))
    return float(body.radius_km**2 * np.radians(east - west) * sines)


def footprint_of(boxes: dict[str, list[tuple[float, float, float, float]]], body: Body = MOON) -> gpd.GeoDataFrame:
    areas = [sum(box_area_km2(*box, body=body) for box in each) for each in boxes.values()]
    return gpd.GeoDataFrame(
        {"split": list(boxes), "area_km2": areas},
        geometry=[
            shapely.MultiPolygon(list(shapely.get_parts(shapely.union_all([shapely.box(*box) for box in each]))))
            for each in boxes.values()
        ],
        crs=body.geographic_crs,
    )


def craters_of(lon: list[float], lat: list[float], diameter_km: list[float], score: list[float]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "crater_id": pd.Series(crater_ids(lon, lat, diameter_km), dtype="str"),
            "lon": pd.Series(lon, dtype=float),
            "lat": pd.Series(lat, dtype=float),
            "diameter_km": pd.Series(diameter_km, dtype=float),
            "score": pd.Series(score, dtype="float32"),
            "level": pd.Series(np.zeros(len(lon)), dtype="int8"),
            "diameter_px": pd.Series(np.array(diameter_km) * 10, dtype="float32"),
            "touches_edge": pd.Series(np.zeros(len(lon)), dtype=bool),
            "split": pd.Series(["test"] * len(lon), dtype="str"),
        }
    )
    return table[COLUMNS]


def catalogue_of(lon: list[float], lat: list[float], diameter_km: list[float]) -> pd.DataFrame:
    names = [f"K{number}" for number in range(len(lon))]
    return pd.DataFrame({"catalogue_id": names, "lon": lon, "lat": lat, "diameter_km": diameter_km}).assign(
        arc_fraction=np.nan
    )


def bounds_of(footprint: gpd.GeoDataFrame) -> Bounds:
    """Bounds of boxes that may lie on both sides of the antimeridian."""
    west, south, east, north = footprint.total_bounds
    if (west, east) == (-180.0, 180.0) and max(north, -south) < 90.0:
        parts = footprint.geometry.explode().bounds
        west, east = parts.loc[parts["minx"] > 0, "minx"].min(), parts.loc[parts["maxx"] < 0, "maxx"].max()
    return Bounds(float(west), float(south), float(east), float(north))


def write_mosaic(path: Path, footprint: gpd.GeoDataFrame, body: Body, side: int = 300) -> None:
    """A raster of dark noise, 300 pixels high, on the projection that the footprint's region gets."""
    bounds = bounds_of(footprint) if len(footprint) else Bounds(-1.0, -1.0, 1.0, 1.0)
    crs = choose_projection(bounds, body)
    lon, lat = bounds.outline(91)
    x, y = transformer(body.geographic_crs, crs).transform(lon, lat)
    pixel = (y.max() - y.min()) / side
    width, height = int(np.ceil((x.max() - x.min()) / pixel)), side
    grey = np.random.default_rng(0).integers(40, 120, (height, width), dtype=np.uint8)
    with create_raster(path, width, height, crs, Affine(pixel, 0, x.min(), 0, -pixel, y.max()), "uint8", 0) as raster:
        raster.write(grey, 1)


@dataclass(frozen=True)
class Exported:
    """Paths of one run of the export."""

    folder: Path
    region: str = "small"

    def __getitem__(self, name: str) -> Path:
        return self.folder / name.format(region=self.region)


def run_export(
    folder: Path, craters: pd.DataFrame, catalogue: pd.DataFrame, footprint: gpd.GeoDataFrame, body: Body = MOON
) -> Exported:
    """Run both steps into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    craters.to_parquet(folder / "merged.parquet", index=False)
    catalogue.to_parquet(folder / "catalogue.parquet", index=False)
    footprint.to_parquet(folder / "footprint.parquet")
    (folder / "operating_point.json").write_text(OPERATING_POINT.model_dump_json())
    out = folder / "out"
    write_mosaic(out / "projected.tif", footprint, body)
    publish(
        craters=folder / "merged.parquet",
        operating_point=folder / "operating_point.json",
        catalogue=folder / "catalogue.parquet",
        output=out / "craters_all.parquet",
        min_diameter_km=2.0,
        body=body,
    )
    return export_published(folder, "out", body=body)


def export_published(folder: Path, name: str, depths: Path | None = None, body: Body = MOON) -> Exported:
    """Export into the folder `name` beside it what `run_export` published."""
    published, out = folder / "out", folder / name
    export(
        region="small",
        craters=published / "craters_all.parquet",
        operating_point=folder / "operating_point.json",
        catalogue=folder / "catalogue.parquet",
        footprint=folder / "footprint.parquet",
        image=published / "projected.tif",
        depths=depths,
        output_geopackage=out / "craters.gpkg",
        output_project=out / "craters.qgz",
        output_csv=out / "craters.csv",
        output_shapefile=out / "craters.shp",
        output_craterstats_shapefile=out / "small_CRATER.shp",
        output_area_shapefile=out / "small_AREA.shp",
        output_diam=out / "small.diam",
        output_scc=out / "small.scc",
        provenance=json.dumps({"configuration_hash": "c0ffee", "sources": [{"url": "a.tif", "sha256": "beef"}]}),
        body=body,
    )
    return Exported(out)
