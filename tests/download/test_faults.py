"""Every fault of a network, of whole files and of windows alike: each ends well, or with one message that helps.

docs/reliability.md lists them; a fault that it lists has a test here.
"""

import base64
import hashlib
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
import rasterio
import stamina
from affine import Affine

from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.failures import explained
from crater_pipeline.download.files import download_file
from crater_pipeline.download.http import PATIENCE, Patience, attempts, transient
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.windows import download_window
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from tests.download.patience import IMPATIENT
from tests.range_server import Files, serve

Fetch = Callable[..., Path]

PIXELS = np.random.default_rng(5).integers(1, 250, (180, 360), dtype=np.uint8)
ROWS, TILES = {"blockysize": 1}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A raster of the whole Moon, a pixel a degree: in rows as the WAC mosaic, and in compressed tiles."""
    folder, found = tmp_path_factory.mktemp("worlds"), {}
    place = {"crs": MOON.geographic_crs, "transform": Affine(1, 0, -180, 0, -1, 90), "width": 360, "height": 180}
    for name, layout in (("rows.tif", ROWS), ("tiles.tif", TILES)):
        with rasterio.open(folder / name, "w", driver="GTiff", count=1, dtype="uint8", **place, **layout) as raster:
            raster.write(PIXELS, 1)
        found[name] = (folder / name).read_bytes()
    return found


@pytest.fixture
def files(worlds: dict[str, bytes]) -> Iterator[Files]:
    with serve(Files(dict(worlds))) as served:
        yield served


def whole(origin: Origin, folder: Path, patience: Patience = IMPATIENT) -> Path:
    download_file(origin, folder / "whole.tif", "raster", patience)
    return folder / "whole.tif"


def window(origin: Origin, folder: Path, patience: Patience = IMPATIENT) -> Path:
    download_window(origin, folder / "window.tif", Wanted(Bounds(10, 10, 40, 30), MOON), patience)
    return folder / "window.tif"


def right(path: Path) -> bool:
    """Whether a raster has the pixels that it should have of the world."""
    with rasterio.open(path) as raster:
        left, top = round(raster.transform.c) + 180, 90 - round(raster.transform.f)
        return bool((raster.read(1) == PIXELS[top : top + raster.height, left : left + raster.width]).all())


BOTH = pytest.mark.parametrize(
    ("fetch", "name"),
    [(whole, "rows.tif"), (window, "rows.tif"), (window, "tiles.tif")],
    ids=["whole", "window of rows", "window of tiles"],
)
"""Whole files, windows read by pieces of rows, and windows read through GDAL."""


def refused(fetch: Fetch, origin: Origin, folder: Path, said: str) -> str:
    """What is said where nothing can be had: one line that names the address; nothing is left that looks whole."""
    folder.mkdir(exist_ok=True)
    with pytest.raises(UserError, match=said) as caught:
        fetch(origin, folder)
    assert origin.urls[0] in str(caught.value) or "PROXY" in str(caught.value) or "SSL" in str(caught.value)
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
    return str(caught.value)


@BOTH
@pytest.mark.parametrize("status", [301, 302])
def test_redirections_are_followed(files: Files, fetch: Fetch, name: str, status: int, tmp_path: Path) -> None:
    files.redirects = {"old.tif": (status, "/older.tif"), "older.tif": (status, files.url(name))}
    assert right(fetch(Origin([files.url("old.tif")]), tmp_path))


@BOTH
def test_a_redirection_in_a_circle_is_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    files.redirects = {name + "x": (302, name + "y"), name + "y": (302, name + "x")}
    refused(fetch, Origin([files.url(name + "x")]), tmp_path, "redirects in a circle")


def test_where_a_redirection_led_to_may_expire(files: Files, tmp_path: Path) -> None:
    files.contents = {"signed1.tif": files.contents["rows.tif"], "signed2.tif": files.contents["rows.tif"]}
    files.redirects = {"rows.tif": (302, "/signed1.tif")}

    def expire(served: Files) -> None:
        served.contents.pop("signed1.tif")
        served.redirects["rows.tif"] = (302, "/signed2.tif")

    files.faults = ["fine", "fine", "fine", expire]
    assert right(window(Origin([files.url("rows.tif")]), tmp_path))
    assert "/signed2.tif" in files.paths


@BOTH
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "403 Forbidden: it does not give the file .* fetch it on a machine that reaches it"),
        (404, "404 Not Found: there is no such file; check the address"),
        (407, "407 .* the proxy wants a name and a password"),
    ],
)
def test_a_refusal_is_told_at_once(
    files: Files, fetch: Fetch, name: str, status: int, said: str, tmp_path: Path
) -> None:
    files.faults = [status] * 9
    refused(fetch, Origin([files.url(name)]), tmp_path, said)
    assert len(files.requests) == 1


@BOTH
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(files: Files, fetch: Fetch, name: str, status: int, tmp_path: Path) -> None:
    files.faults = [status, "fine", status, "fine", status, status]
    assert right(fetch(Origin([files.url(name)]), tmp_path))


@BOTH
def test_one_that_stays_busy_is_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    files.faults, files.retry_after = [503] * 99, "40"
    refused(fetch, Origin([files.url(name)]), tmp_path, "503 .* run it again in 40 s, as it asks")
    assert len(files.requests) == 6


def answer(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://127.0.0.1/x")
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.HTTPStatusError("", request=request, response=httpx.Response(status, headers=headers, request=request))


def test_retry_after_says_how_long_to_wait() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert transient(answer(503, Retry_After="7")) == 7.0
    assert transient(answer(429, Retry_After=in_a_minute)) == pytest.approx(60.0, abs=5.0)
    assert transient(answer(429, Retry_After="soon")) is True
    assert transient(answer(503)) is True
    assert transient(answer(404, Retry_After="7")) is False


def test_retry_after_is_waited_for_unless_it_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    tries: list[int] = []

    def ask(seconds: int) -> None:
        for attempt in attempts(Patience(attempts=3, longest_pause_s=100)):
            with attempt:
                tries.append(seconds)
                raise answer(503, Retry_After=str(seconds))

    stamina.set_testing(False)
    for seconds in (30, 3000):
        with pytest.raises(httpx.HTTPStatusError):
            ask(seconds)
    assert tries == [30, 30, 30, 3000]
    assert pauses == [30.0, 30.0]


@BOTH
@pytest.mark.parametrize("fault", ["mute", "stall", "cut", "reset", "drip"])
def test_a_connection_that_fails_is_made_anew(
    files: Files, fetch: Fetch, name: str, fault: str, tmp_path: Path
) -> None:
    files.faults = [fault, fault, "fine", fault, "fine", fault]
    patience = Patience(silence_s=0.1, slowest_bytes_per_s=5000.0) if fault == "drip" else IMPATIENT
    assert right(fetch(Origin([files.url(name)]), tmp_path, patience))
    assert len(files.faults) < 4


@BOTH
def test_a_server_that_stays_silent_is_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    files.faults = ["mute"] * 99
    refused(fetch, Origin([files.url(name)]), tmp_path, "fell silent .* what has come is kept")


def test_nothing_that_came_is_asked_for_again_however_often_it_breaks(files: Files, tmp_path: Path) -> None:
    files.faults = ["cut"] * 12  # far more than attempts are made without getting on
    assert right(whole(Origin([files.url("rows.tif")]), tmp_path))
    assert files.bytes_sent == files.size("rows.tif")


@BOTH
def test_a_file_that_changes_meanwhile_is_begun_anew(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    before = files.contents[name]
    files.contents[name] = bytes(before[:200]) + bytes(len(before) - 200) if fetch is whole else before  # type: ignore[index, arg-type]

    def change(served: Files) -> None:
        served.etag, served.contents[name] = '"2"', before

    files.faults = ["cut", change] if fetch is whole else ["fine", "fine", change]
    assert right(fetch(Origin([files.url(name)]), tmp_path))


@pytest.mark.parametrize("mark", ["etag", "modified"])
def test_one_that_keeps_changing_is_told(files: Files, mark: str, tmp_path: Path) -> None:
    dates = (f"Sat, 28 Nov 2026 04:00:{second:02} GMT" for second in range(60))

    def change(served: Files) -> None:
        served.etag, served.modified = (f'"{next(dates)}"', None) if mark == "etag" else (None, next(dates))

    files.faults = [change] * 50
    refused(window, Origin([files.url("tiles.tif")]), tmp_path, "has changed while it was read .* run it again when")


@BOTH
def test_a_web_page_with_status_200_is_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    files.contents[name] = b"<!DOCTYPE html>\n<html><title>Not found</title></html>"
    refused(fetch, Origin([files.url(name)]), tmp_path, "a web page instead of the file; check the address")
    files.contents[name], files.content_type = b"Sorry.", "text/html; charset=utf-8"
    refused(fetch, Origin([files.url(name)]), tmp_path, "a web page instead of the file; check the address")


@BOTH
def test_other_first_bytes_than_a_rasters_are_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    files.contents[name] = b"id,name\n1,2\n" * 99
    refused(fetch, Origin([files.url(name)]), tmp_path, "does not begin as a file|not a raster that GDAL can read")


@BOTH
def test_another_size_than_the_published_one_is_told(files: Files, fetch: Fetch, name: str, tmp_path: Path) -> None:
    known = files.size(name)
    assert known is not None
    files.contents[name] = files.part(name, 0, known - 1)
    said = f"{known - 1:,} bytes, not {known:,}; it is cut off or has been replaced"
    refused(fetch, Origin([files.url(name)], size_bytes=known), tmp_path, said)


@pytest.mark.parametrize("name", ["rows.tif", "tiles.tif"])
def test_a_raster_that_was_cut_off_on_its_server_is_told(files: Files, name: str, tmp_path: Path) -> None:
    size = files.size(name)
    assert size is not None
    files.contents[name] = files.part(name, 0, size // 4)
    refused(window, Origin([files.url(name)]), tmp_path, "cut off")


def test_an_archive_without_its_end_is_told_where_no_length_is(files: Files, tmp_path: Path) -> None:
    files.contents["craters.zip"], files.length = b"PK\3\4" + bytes(5000), False
    with pytest.raises(UserError, match=r"the end of the ZIP archive is missing: it was cut off"):
        download_file(Origin([files.url("craters.zip")]), tmp_path / "craters.zip", "table")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_checksum_is_told(files: Files, tmp_path: Path) -> None:
    refused(whole, Origin([files.url("rows.tif")], sha256="0" * 64), tmp_path, "SHA-256 is .* compare with its publish")


def test_a_server_without_ranges_gives_whole_files(files: Files, tmp_path: Path) -> None:
    files.ranges, files.faults = False, ["cut"]
    assert right(whole(Origin([files.url("rows.tif")]), tmp_path))
    refused(window, Origin([files.url("rows.tif")]), tmp_path / "w", "does not serve parts of files.* give its sha256")


@BOTH
def test_a_proxy_is_used_and_left_out_as_the_environment_says(
    files: Files, worlds: dict[str, bytes], fetch: Fetch, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(Files(dict(worlds), proxy=True)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url("").rstrip("/"))
        assert right(fetch(Origin([f"http://archive.invalid/{name}"]), tmp_path / "by"))
        assert all(path.startswith("http://archive.invalid/") for path in proxy.paths)
        count = len(proxy.paths)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert right(fetch(Origin([files.url(name)]), tmp_path / "past"))
        assert len(proxy.paths) == count


@BOTH
@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://127.0.0.1:9", "cannot be reached by way of the proxy of HTTP_PROXY"),
        ("socks5://127.0.0.1:9", "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names a proxy that cannot be used"),
        ("ftp://127.0.0.1:9", "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names a proxy that cannot be used"),
    ],
)
def test_a_proxy_that_does_not_work_is_told(
    fetch: Fetch, name: str, proxy: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    refused(fetch, Origin([f"http://archive.invalid/{name}"]), tmp_path, said)


@BOTH
def test_names_and_passwords_come_from_a_file_and_go_to_its_servers_alone(
    worlds: dict[str, bytes], fetch: Fetch, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = "Basic " + base64.b64encode(b"ada:s3cret").decode()
    monkeypatch.setenv("NETRC", str(tmp_path / "passwords"))
    with serve(Files(dict(worlds), authorization=wanted)) as locked, serve(Files(dict(worlds))) as elsewhere:
        said = refused(fetch, Origin([locked.url(name)]), tmp_path / "none", "wants a name and a password; .*netrc")
        (tmp_path / "passwords").write_text("machine 127.0.0.1 login ada password s3cret\n")
        assert right(fetch(Origin([locked.url(name)]), tmp_path / "some"))
        locked.redirects[name] = (302, elsewhere.url(name).replace("127.0.0.1", "localhost"))
        assert right(fetch(Origin([locked.url(name)]), tmp_path / "led on"))
        assert set(elsewhere.authorizations) == {None}
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "passwords"]
    assert written
    assert not any(b"s3cret" in content for content in [*written, said.encode()])


def test_a_file_of_passwords_that_is_none_is_told_without_what_it_holds(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passwords").write_text("ada s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "passwords"))
    with pytest.raises(UserError, match="passwords: line 1 is not what a netrc file may hold") as caught:
        whole(Origin([files.url("rows.tif")]), tmp_path)
    assert "s3cret" not in str(caught.value)


@BOTH
def test_a_server_that_has_only_ipv6(worlds: dict[str, bytes], fetch: Fetch, name: str, tmp_path: Path) -> None:
    try:
        with serve(Files(dict(worlds), host="::1")) as files:
            assert right(fetch(Origin([files.url(name)]), tmp_path))
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but its owner has signed, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=archive"
    try:
        subprocess.run(
            [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    return folder / "cert.pem", folder / "key.pem"


@BOTH
def test_a_certificate_that_nobody_signed_is_told_and_can_be_trusted(
    worlds: dict[str, bytes],
    certificate: tuple[Path, Path],
    fetch: Fetch,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(Files(dict(worlds), certificate=certificate)) as files:
        origin = Origin([files.url(name)])
        text = refused(fetch, origin, tmp_path, r"certificate is not trusted \(.*self.signed")
        assert "SSL_CERT_FILE=<file.pem>" in text
        assert files.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert right(fetch(origin, tmp_path))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
        refused(fetch, origin, tmp_path / "none", "SSL_CERT_FILE or SSL_CERT_DIR names no certificates")


@BOTH
def test_no_server_at_all_is_told(fetch: Fetch, name: str, tmp_path: Path) -> None:
    said = r"cannot be reached \(.*\); check the address and the network, or fetch it on a machine"
    refused(fetch, Origin([f"http://127.0.0.1:9/{name}"]), tmp_path, said)
    refused(fetch, Origin([f"http://archive.invalid/{name}"]), tmp_path, said)
    refused(fetch, Origin(["http://archive:port/x"]), tmp_path, "is no address")


@BOTH
def test_mirrors_are_tried_in_their_order(
    files: Files, worlds: dict[str, bytes], fetch: Fetch, name: str, tmp_path: Path
) -> None:
    with serve(Files({name: worlds[name][:-1]})) as shorter, serve(Files({})) as empty:
        urls = [empty.url(name), shorter.url(name), files.url(name), "http://127.0.0.1:9/x"]
        assert right(fetch(Origin(urls, size_bytes=len(worlds[name])), tmp_path))
        origin = Origin([empty.url(name), shorter.url(name)], size_bytes=len(worlds[name]))
        text = refused(fetch, origin, tmp_path / "none", "bytes, not")
    assert text.index("404 Not Found") < text.index("bytes, not")


def test_what_one_mirror_began_another_ends_where_a_checksum_is_known(
    files: Files, worlds: dict[str, bytes], tmp_path: Path
) -> None:
    content = worlds["rows.tif"]
    with serve(Files({"rows.tif": content}, etag='"other"')) as first:
        first.faults = ["cut", *[404] * 9]
        origin = Origin([first.url("rows.tif"), files.url("rows.tif")], sha256=hashlib.sha256(content).hexdigest())
        assert right(whole(origin, tmp_path))
        assert first.bytes_sent + files.bytes_sent == len(content)
        (tmp_path / "whole.tif").unlink()
        first.contents["rows.tif"], first.faults = bytes(len(content)), ["cut", *[404] * 9]
        assert right(whole(origin, tmp_path))  # begun with wrong bytes: all of it once more


def test_an_errors_cause_is_said_in_one_line_whatever_it_is() -> None:
    request = httpx.Request("GET", "http://127.0.0.1/x")
    for error in (httpx.ReadError("\n"), httpx.DecodingError("x"), httpx.RemoteProtocolError("odd\nbytes")):
        error.request = request
        with pytest.raises(UserError) as caught, explained("http://127.0.0.1/x"):
            raise error
        assert "\n" not in str(caught.value)
    assert PATIENCE.attempts > 1
