import pytest

from crater_pipeline.contents import is_web_page


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
