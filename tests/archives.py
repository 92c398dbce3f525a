"""The files of the archives as these have them, for a server on the loopback: layout, size and names are right.

Pixels are there only where a test needs some. The rest is a hole in the file, which takes no room on the disk.
"""

import struct
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS

WAC_NAME = "Lunar_LRO_LROC-WAC_Mosaic_global_100m_June2013.tif"
WAC_BYTES = 5_959_263_751
WAC_SIZE = (109_164, 54_582)
WAC_GRID = Affine(100.0, 0.0, -5_458_203.0, 0.0, -100.0, 2_729_101.0)

TILE_NAME = "WAC_GLOBAL_E300N3150_100M.TIF"
TILE_SIZE = (27_291, 18_194)

GLD100_NAME = "WAC_GLD100_E300N3150_256P.IMG"
GLD100_PX = 15_360
GLD100_PIXEL_M = 118.4505876

ROBBINS_NAME = "lunar_crater_database_robbins_2018"
ROBBINS_BYTES = 96_227_201
ROBBINS_COLUMNS = (
    "CRATER_ID,LAT_CIRC_IMG,LON_CIRC_IMG,LAT_ELLI_IMG,LON_ELLI_IMG,DIAM_CIRC_IMG,DIAM_CIRC_SD_IMG,"
    "DIAM_ELLI_MAJOR_IMG,DIAM_ELLI_MINOR_IMG,DIAM_ELLI_ECCEN_IMG,DIAM_ELLI_ELLIP_IMG,DIAM_ELLI_ANGLE_IMG,"
    "LAT_ELLI_SD_IMG,LON_ELLI_SD_IMG,DIAM_ELLI_MAJOR_SD_IMG,DIAM_ELLI_MINOR_SD_IMG,DIAM_ELLI_ANGLE_SD_IMG,"
    "DIAM_ELLI_ECCEN_SD_IMG,DIAM_ELLI_ELLIP_SD_IMG,ARC_IMG,PTS_RIM_IMG"
)
WANG_WU_COLUMNS = "ID,Longitude,Latitude,Diameter_m,Depth_m,Source,Source_lon,Soure_lat,Source_dia,radius"

GEOREFERENCE_TAGS = {33550: "d", 33922: "d", 34735: "H", 34736: "d", 34737: "s", 42113: "s"}
TIFF_TYPES = {"H": 3, "I": 4, "d": 12, "s": 2, "Q": 16}


def equirectangular(lon_0: float, lat_ts: float = 0.0) -> CRS:
    return CRS.from_user_input(f"+proj=eqc +R=1737400 +lon_0={lon_0} +lat_ts={lat_ts} +units=m")


def georeference(crs: CRS, grid: Affine, nodata: float | None, folder: Path) -> dict[int, bytes]:
    """GeoTIFF tags as GDAL writes them, their values packed."""
    path = folder / "georeference.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=8,
        height=8,
        count=1,
        dtype="uint8",
        crs=crs.to_wkt(),
        transform=grid,
        nodata=nodata,
    ) as small:
        small.write(np.zeros((1, 8, 8), np.uint8))
    with Image.open(path) as image:
        tags = dict(image.tag_v2)  # type: ignore[attr-defined]
    path.unlink()
    packed = {}
    for tag, kind in GEOREFERENCE_TAGS.items():
        if tag in tags:
            value = tags[tag]
            packed[tag] = value.encode() + b"\0" if kind == "s" else struct.pack(f"<{len(value)}{kind}", *value)
    return packed


def write_rows_tiff(
    path: Path,
    size: tuple[int, int],
    crs: CRS,
    grid: Affine,
    pieces: dict[tuple[int, int], NDArray[np.uint8]],
    nodata: float | None = None,
    total: int | None = None,
) -> Path:
    """A BigTIFF of 8 bits a pixel, uncompressed, each row a strip, as the WAC mosaic's; `pieces` by (row, column)."""
    width, height = size
    arrays = struct.pack("<H", 1), struct.pack("<H", 1)
    entries: list[tuple[int, int, int, bytes]] = [
        (256, 4, 1, struct.pack("<I", width)),
        (257, 4, 1, struct.pack("<I", height)),
        (258, 3, 1, struct.pack("<H", 8)),
        (259, 3, 1, arrays[0]),
        (262, 3, 1, arrays[1]),
        (273, 16, height, b""),
        (277, 3, 1, struct.pack("<H", 1)),
        (278, 3, 1, struct.pack("<H", 1)),
        (279, 4, height, np.full(height, width, "<u4").tobytes()),
    ]
    for tag, value in georeference(crs, grid, nodata, path.parent).items():
        kind = GEOREFERENCE_TAGS[tag]
        entries.append((tag, TIFF_TYPES[kind], len(value) // struct.calcsize("c" if kind == "s" else kind), value))
    entries.sort()
    after = 16 + 8 + 20 * len(entries) + 8
    lengths = {tag: 8 * height if tag == 273 else len(value) for tag, _, _, value in entries}
    places, end = {}, after
    for tag, *_ in entries:
        if lengths[tag] > 8:
            places[tag], end = end, end + lengths[tag]
    first = end if total is None else total - width * height
    offsets = (first + width * np.arange(height, dtype=np.int64)).astype("<u8").tobytes()
    with path.open("wb") as file:
        file.write(b"II" + struct.pack("<HHHQQ", 43, 8, 0, 16, len(entries)))
        for tag, kind_number, count, value in entries:
            inline = struct.pack("<Q", places[tag]) if tag in places else value.ljust(8, b"\0")
            file.write(struct.pack("<HHQ", tag, kind_number, count) + inline)
        file.write(struct.pack("<Q", 0))
        for tag, _, _, value in entries:
            if tag in places:
                file.write(offsets if tag == 273 else value)
        for (row, column), data in pieces.items():
            for line, pixels in enumerate(data):
                file.seek(first + (row + line) * width + column)
                file.write(pixels.tobytes())
        file.truncate(first + width * height)
    return path


def write_gld100(path: Path, pieces: dict[tuple[int, int], NDArray[np.int16]]) -> Path:
    """A tile of GLD100: an attached PDS3 label, then int16 metres, 256 pixels a degree, 60 degrees a side."""
    record = 2 * GLD100_PX
    label = f"""PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = {record}
FILE_RECORDS = {GLD100_PX + 1}
LABEL_RECORDS = 1
^IMAGE = 2
TARGET_NAME = "MOON"
OBJECT = IMAGE
  LINES = {GLD100_PX}
  LINE_SAMPLES = {GLD100_PX}
  SAMPLE_TYPE = LSB_INTEGER
  SAMPLE_BITS = 16
  UNIT = "METER"
END_OBJECT = IMAGE
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "EQUIRECTANGULAR"
  A_AXIS_RADIUS = 1737.4 <KM>
  B_AXIS_RADIUS = 1737.4 <KM>
  C_AXIS_RADIUS = 1737.4 <KM>
  COORDINATE_SYSTEM_NAME = "PLANETOCENTRIC"
  POSITIVE_LONGITUDE_DIRECTION = EAST
  CENTER_LATITUDE = 0.0 <DEG>
  CENTER_LONGITUDE = 315.0 <DEG>
  MAP_RESOLUTION = 256.0 <PIX/DEG>
  MAP_SCALE = {GLD100_PIXEL_M} <METERS/PIXEL>
  LINE_PROJECTION_OFFSET = {60 * 256 - 0.5} <PIXEL>
  SAMPLE_PROJECTION_OFFSET = {GLD100_PX / 2 - 0.5} <PIXEL>
END_OBJECT = IMAGE_MAP_PROJECTION
END
"""
    with path.open("wb") as file:
        file.write(label.replace("\n", "\r\n").encode())
        for (row, column), data in pieces.items():
            for line, pixels in enumerate(data):
                file.seek((row + line + 1) * record + 2 * column)
                file.write(pixels.astype("<i2").tobytes())
        file.truncate((GLD100_PX + 1) * record)
    return path


def write_robbins(path: Path, rows: list[tuple[str, float, float, float]], size: int = ROBBINS_BYTES) -> Path:
    """Robbins' ZIP, of (id, lat, lon, diameter_km); what makes it large lies beside the table."""
    lines = [f"{name},{lat},{lon},,,{diameter},,,,,,,,,,,,,,1,20" for name, lat, lon, diameter in rows]
    table = "\r\n".join([ROBBINS_COLUMNS, *lines, ""])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{ROBBINS_NAME}.csv", table)
        spare = size - path.stat().st_size - 400
        with archive.open("__MACOSX/._padding", "w", force_zip64=True) as padding:
            for _ in range(max(spare, 0) >> 20):
                padding.write(bytes(1 << 20))
    return path


def write_wang_wu(path: Path, rows: list[tuple[int, float, float, float]]) -> Path:
    """LU1319381, of (id, lon, lat, diameter_km)."""
    lines = [
        f"{name},{lon},{lat},{1000 * d:g},100,0,{lon},{lat},{1000 * d:g},{500 * d:g}" for name, lon, lat, d in rows
    ]
    path.write_text("\n".join([WANG_WU_COLUMNS, *lines, ""]))
    return path
