"""One table in every dialect is one catalogue; what cannot be read for certain is refused, and the line named."""

import csv
import gzip
import io
import logging
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.errors import UserError
from crater_pipeline.labels import unpacking
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import wrap_longitude

ROWS = [("Götz, kleiner", -12.5, 45.25, 3.125), ('6" crater', 359.5, -89.75, 0.5), ("#7", 0.0, 0.0, 1198.0)]
EXPECTED = [("Götz, kleiner", -12.5, 45.25, 3.125), ('6" crater', -0.5, -89.75, 0.5), ("#7", 0.0, 0.0, 1198.0)]


def read(path: Path) -> list[tuple[object, ...]]:
    table = read_catalogue(path, "table", MOON)
    return list(table[["catalogue_id", "lon", "lat", "diameter_km"]].itertuples(index=False, name=None))


def written(
    separator: str = ",",
    ending: str = "\n",
    comma: bool = False,
    quote_all: bool = False,
    trailing: bool = False,
    comments: bool = False,
) -> str:
    """`ROWS` as text, with a column between that nobody reads and whose name holds the separator."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ending)
    if quote_all:
        writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL)
    if comments:
        text.write(f"# from an old book, 1878{ending}{ending}")
    extra = [""] if trailing else []
    writer.writerow(["id", "remark, if any", "lon", "lat", "diameter_km"])
    for name, *numbers in ROWS:
        cells = [str(number).replace(".", ",") if comma else str(number) for number in numbers]
        writer.writerow([name, separator, *cells, *extra])
        if comments:
            text.write(f"# a remark{ending}{ending}")
    return text.getvalue()


@settings(max_examples=150, deadline=None)
@given(
    separator=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]),
    packing=st.sampled_from(["plain", "gzip", "zip"]),
    comma=st.booleans(),
    quote_all=st.booleans(),
    trailing=st.booleans(),
    comments=st.booleans(),
)
def test_every_dialect_is_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, separator: str, ending: str, encoding: str, packing: str, **options: bool
) -> None:
    content = written(separator, ending, **options).encode(encoding)
    path = tmp_path_factory.getbasetemp() / "dialect"
    if packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/table.CSV", content)
    else:
        path.write_bytes(gzip.compress(content) if packing == "gzip" else content)
    assert read(path) == EXPECTED


NUMBERS = st.tuples(st.floats(-180, 360), st.floats(-90, 90), st.floats(1e-3, 5000))


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, max_size=1200))
def test_numbers_come_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    pd.DataFrame(rows, columns=["lon", "lat", "diameter_km"]).to_csv(path, index=False)
    found = read_catalogue(path, "table", MOON)
    assert found[["lat", "diameter_km"]].to_numpy().tolist() == [list(row[1:]) for row in rows]
    assert found["lon"].tolist() == wrap_longitude([row[0] for row in rows]).tolist()


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode())
    return path


ALIKE = {
    "the header is a comment": "# a\n#lon, lat, diameter_km\n10,20,5\n",
    "a spreadsheet's first line": "sep=;\nlon;lat;diameter_km\n10;20;5\n",
    "blanks": "lon  lat diameter_km\n10.0   20 5\n",
    "blanks after commas": 'lon, lat, "diameter_km"\n10, 20, "5"\n',
    "names on two lines": 'lon,lat,"remark\nif any",diameter_km\n10,20,,5\n',
    "decimal commas, quoted": 'lon,lat,diameter_km\n"10,0","20,00","5,0"\n',
    "three decimals between semicolons": "lon;lat;diameter_km\n10,000;20,000;5,000\n",
    "exponents": "lon;lat;diameter_km\n1,0e1;2E1;5e0\n",
    "a typeset minus": "lon,lat,diameter_km,x\n10,20,5,\u2212\n",
    "empty rows": "lon,lat,diameter_km,x\n,,,\n  \n10,20,5,1\n,,,\n",
    "an early end": "lon,lat,diameter_km,x,y\n10,20,5\n",
    "rows that hold nothing that is read": "x,lon,lat,diameter_km\na,,,\nb,10,20,5\n",
}


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_this_is_read_too(tmp_path: Path, text: str) -> None:
    assert [row[1:] for row in read(table(tmp_path, text))] == [(10, 20, 5)]


def test_a_typeset_minus(tmp_path: Path) -> None:
    assert read(table(tmp_path, "lon,lat,diameter_km\n\u221210,20,5\n"))[0][1] == -10


REFUSED = {
    "a comma too many": (
        "name,lon,lat,diameter_km\na,1,2,3\nSmith, J.,1,2,3\n",
        "line 3: has 5 cells, but the header nam",
    ),
    "decimal commas, not quoted": (
        "lon,lat,diameter_km\n1,5,2,5,3,5\n",
        "line 2: has 6 cells.*quote what holds a comma",
    ),
    "thousands": ('lon,lat,diameter_km\n1,2,"1,234"\n', "line 2, column diameter_km: '1,234' is not a number"),
    "thousands beside points": (
        "lon;lat;diameter_km\n1.5;2;1,234\n",
        "line 2, column diameter_km: '1,234' is not a number",
    ),
    "a missing quotation mark": ('lon,lat,diameter_km,x\n1,2,3,"a\n4,5,6,b\n7,8,9,"c\n', "line 2: a cell goes on"),
    "swapped columns": (
        "lat,lon,diameter_km\n120,10,5\n",
        "line 2, column lat: '120.0' is outside.*have lon and lat changed",
    ),
    "a row that is swapped": ("lon,lat,diameter_km\n120,10,5\n\n10,120,5\n", "line 4, column lat: '120.0' is outside"),
    "a shifted row": (
        "name,lon,lat,diameter_km\na,10,20,5\n10,20,5\n",
        "line 3, column diameter_km: empty is not a number",
    ),
    "text": ("lon,lat,diameter_km\n1,2,about 3\n", "line 2, column diameter_km: 'about 3' is not a number"),
    "units": ("lon,lat,diameter_km\n1,2,3 km\n", "'3 km' is not a number"),
    "a column twice": ("lon,lat,LON,diameter_km\n1,2,3,4\n", "the column lon is there twice"),
    "no header": ("10,20,5\n11,21,6\n", r"begins with numbers \(10, 20, 5\): its first line must name the columns"),
    "nothing": ("\n\n", "needs the columns lon, lat, diameter_km; the file is empty"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_this_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(table(tmp_path, text))
    assert "\n" not in str(caught.value)


def archive(*names: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as opened:
            for name in names:
                opened.writestr(name, "lon,lat,diameter_km\n1,2,3\n")

    return make


def content(start: bytes, length: int = 3000) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(start + random.Random(0).randbytes(length))


def parquet(path: Path) -> None:
    pd.DataFrame({"lon": [1.0]}).to_parquet(path)


NO_TEXT = {
    "xlsx": (
        archive("[Content_Types].xml", "xl/workbook.xml", "xl/a.csv"),
        r"a spreadsheet \(.xlsx\); export it as CSV",
    ),
    "ods": (archive("mimetype", "content.xml"), "a spreadsheet .*export it as CSV"),
    "xls": (content(b"\xd0\xcf\x11\xe0"), r"a spreadsheet \(.xls\); export it as CSV"),
    "parquet": (parquet, "a Parquet table; save it as CSV"),
    "geopackage": (content(b"SQLite format 3\0"), "a database or GeoPackage; save its table as CSV"),
    "binary": (content(b""), "is no text"),
    "bzip2": (content(b"BZh91AY"), "packed with bzip2; unpack it"),
    "two tables": (archive("a.csv", "b.csv"), r"exactly one \.csv, it holds a\.csv, b\.csv"),
    "many tables": (archive(*(f"{i}.csv" for i in range(99))), r"it holds 0\.csv, .*4\.csv \.\.\.; unpack it"),
    "no table": (archive("readme.md", "__MACOSX/a.csv"), r"it holds readme\.md"),
    "an empty archive": (archive(), "it holds nothing"),
    "a web page": (content(b"  <!DOCTYPE html>", 0), "a web page"),
    "a folder": (Path.mkdir, "is a folder"),
}


@pytest.mark.parametrize(("make", "message"), NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_no_table_is_named(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    path = tmp_path / "mine"
    make(path)
    with pytest.raises(UserError, match=message) as caught:
        read(path)
    assert len(str(caught.value)) < len(str(path)) + 250
    assert str(caught.value).isprintable()


def test_a_message_shows_only_so_much_of_a_file(tmp_path: Path) -> None:
    names = ",".join(f"column {'x' * 500} {i}" for i in range(5000))
    with pytest.raises(UserError) as caught:
        read(table(tmp_path, f"{names}\n"))
    assert len(str(caught.value)) < 2000
    with pytest.raises(UserError) as caught:
        read(table(tmp_path, f"lon,lat,diameter_km\n1,2,{'x' * 100_000}\n"))
    assert len(str(caught.value)) < 500


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_BYTES", 2**14)
    text = b"lon,lat,diameter_km\n" + b"1,2,3\n" * 2**12
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.csv", text)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(text))
    for name in ("bomb.zip", "bomb.gz"):
        with pytest.raises(UserError, match=rf"{name}: unpacks to more than"):
            read(tmp_path / name)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["zip", "stored", "gz", "csv"]), st.integers(0), st.booleans())
def test_damage_is_one_message_or_none(
    tmp_path_factory: pytest.TempPathFactory, packing: str, seed: int, cut: bool
) -> None:
    """Bytes changed or missing anywhere: a message, or a table where nothing tells that it was another one."""
    logging.disable(logging.WARNING)
    random_ = random.Random(seed)
    path = tmp_path_factory.getbasetemp() / "damaged"
    rows = "".join(f"{i},{random_.uniform(-180, 180)},{random_.uniform(-90, 90)},{i + 1}\n" for i in range(200))
    text = f"id,lon,lat,diameter_km\n{rows}".encode()
    if packing == "gz":
        data = gzip.compress(text)
    elif packing == "csv":
        data = text
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packing == "zip" else zipfile.ZIP_STORED) as opened:
            opened.writestr("a.csv", text)
        data = path.read_bytes()
    damaged = bytearray(data[: random_.randrange(len(data))] if cut else data)
    for _ in range(random_.randrange(1, 5)):
        if damaged:
            damaged[random_.randrange(len(damaged))] = random_.randrange(256)
    path.write_bytes(damaged)
    try:
        read(path)
    except UserError as error:
        assert "\n" not in str(error)  # noqa: PT017 (it may, but need not, be raised)
    finally:
        logging.disable(logging.NOTSET)
