"""Catalogues in, one table out; and what a user is told when a file is not what it should be."""

import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.labels.catalogues import COLUMNS, CatalogueFormat, clip_catalogue, empty_catalogue, read_catalogue
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

MOON = Body(name="moon", radius_m=1_737_400.0)

ROBBINS = (
    "CRATER_ID,LAT_CIRC_IMG,LON_CIRC_IMG,LAT_ELLI_IMG,LON_ELLI_IMG,DIAM_CIRC_IMG,DIAM_CIRC_SD_IMG,DIAM_ELLI_MAJOR_IMG,"
    "DIAM_ELLI_MINOR_IMG,DIAM_ELLI_ECCEN_IMG,DIAM_ELLI_ELLIP_IMG,DIAM_ELLI_ANGLE_IMG,LAT_ELLI_SD_IMG,LON_ELLI_SD_IMG,"
    "DIAM_ELLI_MAJOR_SD_IMG,DIAM_ELLI_MINOR_SD_IMG,DIAM_ELLI_ANGLE_SD_IMG,DIAM_ELLI_ECCEN_SD_IMG,"
    "DIAM_ELLI_ELLIP_SD_IMG,ARC_IMG,PTS_RIM_IMG\r\n"
    "00-1-000000,-19.8,264.76,-19.9,264.7,940.96,21.3,975.8,905.9,0.37,1.07,35.9,0.007,0.008,0.63,0.56,0.37,0.002,0.001,"
    "0.5683,8088\r\n"
    "00-1-000001,44.7,328.6,44.4,329.0,249.84,5.9,,,,,,,,,,,,,,2785\r\n"
)

WANG_WU = (
    "ID,Longitude,Latitude,Diameter_m,Depth_m,Source,Source_lon,Soure_lat,Source_dia,radius\n"
    "324578,-89.9989,24.396,1077.8,76.4,0,0.0,0.0,0.0,538.9\n"
    "324580,180,-36.7115,2359.0,116.4,0,0.0,0.0,0.0,1179.5\n"
)


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]
    def write(text: str, name: str = "catalogue.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def read(path: Path, format: CatalogueFormat = "table") -> pd.DataFrame:
    return read_catalogue(path, format, MOON)


def test_robbins(write) -> None:  # type: ignore[no-untyped-def]
    table = read(write(ROBBINS), "robbins")
    assert table.columns.tolist() == list(COLUMNS)
    assert table["catalogue_id"].tolist() == ["00-1-000000", "00-1-000001"]
    assert table["lon"].tolist() == pytest.approx([264.76 - 360, 328.6 - 360])
    assert table["lat"].tolist() == [-19.8, 44.7]
    assert table["diameter_km"].tolist() == [940.96, 249.84]
    assert table["arc_fraction"].tolist() == pytest.approx([0.5683, np.nan], nan_ok=True)
    pd.testing.assert_frame_equal(read(write(ROBBINS), "simulated"), table)


@pytest.mark.parametrize("spelling", ["Soure_lat", "Source_lat"])
def test_wang_wu_in_metres(write, spelling: str) -> None:  # type: ignore[no-untyped-def]
    table = read(write(WANG_WU.replace("Soure_lat", spelling)), "wang_wu")
    assert table["catalogue_id"].tolist() == ["324578", "324580"]
    assert table["lon"].tolist() == pytest.approx([-89.9989, -180.0])
    assert table["diameter_km"].tolist() == pytest.approx([1.0778, 2.359])
    assert table["arc_fraction"].isna().all()


def test_plain_table_in_any_case_and_order(write) -> None:  # type: ignore[no-untyped-def]
    table = read(write("\ufeffName;Diameter_KM;LAT;Lon\nA;5.5;-10;350\nB;1;0;-180\n"))
    assert table[["lon", "lat", "diameter_km"]].to_numpy().tolist() == [[-10.0, -10.0, 5.5], [-180.0, 0.0, 1.0]]
    assert table["catalogue_id"].tolist() == ["C-010.00000-010.00000-D0005.50", "C-180.00000+000.00000-D0001.00"]


def test_packed_files_are_unpacked_whatever_their_name(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    expected = read(write(ROBBINS), "robbins")
    zipped, gzipped = tmp_path / "lunar_crater_database_robbins_2018", tmp_path / "packed.csv.gz"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("data/lunar_crater_database_robbins_2018.csv", ROBBINS)
        archive.writestr("data/readme.txt", "x")
    gzipped.write_bytes(gzip.compress(ROBBINS.encode()))
    for path in (zipped, gzipped):
        pd.testing.assert_frame_equal(read(path, "robbins"), expected)


@pytest.mark.parametrize("name", ["craters.TAB", "data/craters.txt"])
def test_an_archive_may_hold_a_table_of_another_ending(name: str, tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, ROBBINS)
        archive.writestr("__MACOSX/._craters.csv", "x")
    assert len(read(path, "robbins")) == ROBBINS.count("\n") - 1


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("picture.png",), ()])
def test_an_archive_must_hold_one_table(names: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, ROBBINS)
    with pytest.raises(UserError, match=rf"two\.zip: .*exactly one \.csv, it holds {', '.join(names) or 'nothing'}"):
        read(path, "robbins")


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", ROBBINS)
    content = bytearray(path.read_bytes())
    content[60:80] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.zip: damaged"):
        read(path, "robbins")


def test_repeated_names_are_numbered(write, caplog: pytest.LogCaptureFixture) -> None:  # type: ignore[no-untyped-def]
    rows = "id,lon,lat,diameter_km\na,1,1,1\na,2,2,2\na-2,3,3,3\n,4,4,4\n"
    names = read(write(rows))["catalogue_id"].tolist()
    assert names[0] == "a" and names[3] == "C+004.00000+004.00000-D0004.00"  # noqa: PT018
    assert len(set(names)) == 4
    assert "occurs before" in caplog.text


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ("10,x,5", "lat", "'x' is not a number"),
        ("10,,5", "lat", "empty is not a number"),
        ("10,inf,5", "lat", "not a number"),
        ("10,90.01,5", "lat", "outside -90..90"),
        ("-180.5,0,5", "lon", "outside -180..360"),
        ("361,0,5", "lon", "outside -180..360"),
        ("10,0,0", "diameter_km", "'0.0' is not a positive diameter"),
        ("10,0,-3", "diameter_km", "not a positive diameter"),
        ("10,0,9999", "diameter_km", "circumference"),
    ],
)
def test_a_bad_cell_is_named(write, row: str, column: str, problem: str) -> None:  # type: ignore[no-untyped-def]
    path = write(f"lon,lat,diameter_km\n1,1,1.5\n\n{row}\n")
    with pytest.raises(UserError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert "line 4" in message  # the empty line counts
    assert f"column {column}" in message
    assert problem in message


def test_bad_cells_of_units_are_checked_in_the_published_column(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=r"line 3, column Diameter_m: '-1.0'"):
        read(write(WANG_WU.replace("2359.0", "-1.0")), "wang_wu")


def test_missing_columns_are_named(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=r"needs the columns Diameter_m, ID; the file has Longitude, Latitude"):
        read(write("Longitude,Latitude\n1,2\n"), "wang_wu")
    with pytest.raises(UserError, match="needs the column diameter_km"):
        read(write("lon,lat,diameter_m\n1,2,3\n"))


@pytest.mark.parametrize("text", ["<!DOCTYPE html><html></html>", "\n <html>Not found</html>"])
def test_a_web_page_is_no_catalogue(write, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match="web page"):
        read(write(text))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: no such catalogue file"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ["lon,lat,diameter_km\n", "lon,lat,diameter_km", "lon,lat,diameter_km\n\n\n"])
def test_a_table_without_rows_is_an_empty_catalogue(write, text: str) -> None:  # type: ignore[no-untyped-def]
    table = read(write(text))
    assert table.empty
    assert table.dtypes.to_dict() == empty_catalogue().dtypes.to_dict()


def test_an_empty_file_lacks_its_columns(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match="needs the columns lon, lat, diameter_km"):
        read(write(""))


def test_clipping_keeps_circles_that_reach_into_the_bounds(write) -> None:  # type: ignore[no-untyped-def]
    degree_km = np.pi * MOON.radius_km / 180
    rows = [
        ("inside", 179.0, 0.0, 1.0),
        ("across", -179.5, 0.0, 2.0),
        ("reaches", 174.0, 0.0, 2.1 * degree_km),
        ("too-far", 174.0, 0.0, 1.9 * degree_km),
        ("other-side", 0.0, 0.0, 50.0),
    ]
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    catalogue = read(write(f"id,lon,lat,diameter_km\n{lines}\n"))
    clipped = clip_catalogue(catalogue, Bounds(175.0, -5.0, -175.0, 5.0), MOON)
    assert clipped["catalogue_id"].tolist() == ["reaches", "across", "inside"]
    assert clipped.index.tolist() == [0, 1, 2]


@pytest.mark.real_data
def test_published_counts_of_the_regions() -> None:
    folder = os.environ.get("CRATER_REAL_DATA")
    if not folder:
        pytest.skip("CRATER_REAL_DATA names no folder")
    catalogue = read(Path(folder) / "wang_wu_west.csv", "wang_wu")
    assert len(catalogue) == 80_332
    for bounds, all_, large in ((Bounds(-35, 25, -15, 50), 2427, 283), (Bounds(-70, 30, -40, 55), 7014, 1205)):
        inside = catalogue[bounds.contains(catalogue["lon"], catalogue["lat"])]
        assert (len(inside), int((inside["diameter_km"] >= 2).sum())) == (all_, large)
        assert len(clip_catalogue(catalogue, bounds, MOON)) > all_
    sample = read(Path(folder) / "robbins_schema_sample.csv", "robbins")
    same = catalogue.assign(catalogue_id="WW-" + catalogue["catalogue_id"].str.zfill(7))
    both = sample.merge(same, on="catalogue_id", suffixes=("", "_ww"))
    assert len(both) == len(sample)
    assert both["lon"].to_numpy() == pytest.approx(both["lon_ww"].to_numpy(), abs=1e-3)
    assert both["diameter_km"].to_numpy() == pytest.approx(both["diameter_km_ww"].to_numpy(), abs=1e-3)
