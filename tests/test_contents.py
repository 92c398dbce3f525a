import pytest

from crater_pipeline.contents import Content, is_web_page, mismatch


@pytest.mark.parametrize(
    ("head", "page"),
    [
        (b"\xef\xbb\xbf <!doctype HTML>", True),
        (b"<html lang=en>", True),
        (b"<?xml version='1.0'?>\n<!-- made by > a server -->\n<!DOCTYPE html PUBLIC>", True),
        (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", True),
        (b"II*\x00", False),
        (b"lon,lat", False),
        (b"<?xml version='1.0'?><Product_Observational>", False),
        (b"<!-- never closed", False),
        (b"", False),
    ],
)
def test_web_pages_are_told_by_their_first_bytes(head: bytes, page: bool) -> None:
    assert is_web_page(head) is page


@pytest.mark.parametrize(
    ("head", "content", "name", "wrong"),
    [
        (b"II*\0rest", "raster", "a.TIF", None),
        (b"MM\0+rest", "raster", "a.tiff", None),
        (b"PDS_VERSION_ID", "raster", "a.IMG", None),
        (b"lon,lat", "raster", "a.tif", "does not begin as a file with the ending .tif does"),
        (b"PK\3\4\0\0", "table", "robbins_2018", None),
        (b"PK\3\4\0\0", "table", "a.zip", None),
        (b"lon,lat", "table", "a.zip", "does not begin as a file with the ending .zip does"),
        (b"\xff\xfel\0o\0n\0", "table", "a.csv", None),
        (b"II*\0rest", "table", "a.csv", "is neither a table nor an archive that holds one"),
        (b"", "any", "a", "is empty"),
        (b"\0\1", "any", "a", None),
    ],
)
def test_files_are_told_by_name_and_use(head: bytes, content: Content, name: str, wrong: str | None) -> None:
    assert mismatch(head, content, name) == wrong
