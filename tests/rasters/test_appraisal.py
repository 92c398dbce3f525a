"""What a raster is taken for, what is left out of it, and what is said: known ground, stored in every way."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.appraisal import Told, appraise
from crater_pipeline.rasters.files import open_raster, read_window
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from tests.rasters.ground import SIDE, collared, picture, terrain, write

HEIGHTS, GREYS = terrain(), picture()


def values(path: Path, reading: Reading) -> NDArray[np.float32]:
    with open_raster(path) as dataset:
        return read_window(dataset, Window(0, 0, dataset.width, dataset.height), reading=reading).filled(np.nan)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


PICTURES: dict[str, Callable[[], NDArray[Any]]] = {
    "8 bits": lambda: GREYS,
    "12 bits in 16": lambda: GREYS.astype("uint16") * 16,
    "signed": lambda: GREYS.astype("int16") * 16,
    "I/F": lambda: (GREYS / 255 * 0.2).astype("float32"),
    "I/F in double precision": lambda: GREYS / 255 * 0.12,
    "grey as floats": lambda: GREYS.astype("float32"),
    "radiance": lambda: (GREYS * 40.0).astype("float32"),
}
MODELS: dict[str, Callable[[], NDArray[Any]]] = {
    "metres": lambda: HEIGHTS.astype("float32"),
    "whole metres": lambda: np.rint(HEIGHTS).astype("int16"),
    "metres above a lower level": lambda: np.rint(HEIGHTS + 12_000).astype("uint16"),
    "positive": lambda: (HEIGHTS + 9_000).astype("float32"),
    "radii": lambda: HEIGHTS + MOON.radius_m,
}


@pytest.mark.parametrize(
    ("kind", "make"),
    [("image", make) for make in PICTURES.values()] + [("dtm", make) for make in MODELS.values()],
    ids=[*PICTURES, *MODELS],
)
def test_pictures_and_terrain_are_told_apart_without_a_warning(
    kind: Kind, make: Callable[[], NDArray[Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "r.tif", make())
    found, reading = appraise(path, MOON, Told())
    assert found == kind
    assert not warnings_of(caplog)
    if kind == "dtm":
        seen = values(path, reading)
        above = 12_000 if make is MODELS["metres above a lower level"] else 9_000 if make is MODELS["positive"] else 0
        np.testing.assert_allclose(seen, HEIGHTS + above, atol=0.51)


def test_a_picture_that_is_called_terrain_is_questioned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert appraise(write(tmp_path / "grey.tif", GREYS), MOON, Told("dtm"))[0] == "dtm"
    assert any("looks like a picture" in said for said in warnings_of(caplog))
    with pytest.raises(UserError, match="--kind image if it is a picture"):
        appraise(write(tmp_path / "if.tif", (GREYS / 1000).astype("float32")), MOON, Told("dtm"))


@pytest.mark.parametrize("unit", ["km", "kilometer", "Kilometres", "dm", "cm", "mm", "US survey foot"])
def test_the_units_of_a_file_count(unit: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    metres = {"k": 1000.0, "d": 0.1, "c": 0.01, "m": 0.001, "u": 0.3048}[unit[0].lower()]
    path = write(tmp_path / "r.tif", (HEIGHTS / metres).astype("float32"), units=(unit,))
    kind, reading = appraise(path, MOON, Told())
    assert kind == "dtm"
    np.testing.assert_allclose(values(path, reading), HEIGHTS, atol=0.01)
    assert not warnings_of(caplog)


def test_the_users_unit_wins_and_may_be_a_number(tmp_path: Path) -> None:
    path = write(tmp_path / "r.tif", (HEIGHTS / 1000).astype("float32"), units=("m",))
    for told in ("km", 1000.0):
        _, reading = appraise(path, MOON, Told(elevation_unit=told))
        np.testing.assert_allclose(values(path, reading), HEIGHTS, atol=0.01)


@pytest.mark.parametrize(("unit", "metres"), [("km", 1000.0), ("cm", 0.01), ("mm", 0.001), ("dm", 0.1)])
def test_terrain_whose_slopes_are_impossible_is_refused_with_the_unit_that_fits(
    unit: str, metres: float, tmp_path: Path
) -> None:
    path = write(tmp_path / "r.tif", (HEIGHTS / metres).astype("float32"))
    with pytest.raises(UserError, match=rf"slopes by more than .*--elevation-unit (\w+ or )?{unit}\b.*--kind image"):
        appraise(path, MOON, Told("dtm"))
    assert appraise(path, MOON, Told("dtm", elevation_unit="m"))[1].scale == 1.0
    assert appraise(path, MOON, Told("image"))[0] == "image"


def test_a_unit_that_is_none_of_height_is_worth_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "r.tif", HEIGHTS.astype("float32"), units=("deg",))
    assert appraise(tmp_path / "r.tif", MOON, Told())[0] == "dtm"
    assert any("'deg'" in said and "--elevation-unit" in said for said in warnings_of(caplog))


def test_radii_of_whole_metres_keep_their_small_relief(tmp_path: Path) -> None:
    """Above the body's centre, half a metre is lost in single precision only above two million metres."""
    path = write(tmp_path / "r.tif", np.rint(HEIGHTS * 2).astype("int16"), scales=(0.5,), offsets=(MOON.radius_m,))
    _, reading = appraise(path, MOON, Told())
    np.testing.assert_allclose(values(path, reading), np.rint(HEIGHTS * 2) / 2, atol=1e-3)


UNDECLARED: list[tuple[Kind, str, float]] = [
    *(("image", "uint8", value) for value in (0, 255)),
    *(("image", "uint16", value) for value in (0, 65535)),
    *(("image", "float32", value) for value in (0, -1, -9999, -3.4028234663852886e38, 3.4e38, 1e20, -1e32)),
    *(("dtm", "int16", value) for value in (0, -9999, -32768, 32767, -32767)),
    *(("dtm", "float32", value) for value in (0, -9999, -99999, 9999, -3.4e38, 1e20, 1e30, np.inf)),
    ("dtm", "int32", -2147483648),
    ("dtm", "float64", -1.7976931348623157e308),
]


@pytest.mark.parametrize(("kind", "dtype", "value"), UNDECLARED, ids=[f"{k} {d} {v:g}" for k, d, v in UNDECLARED])
def test_a_collar_is_no_ground(
    kind: Kind, dtype: str, value: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ground = HEIGHTS if kind == "dtm" else GREYS * {"uint16": 16.0, "float32": 0.0008}.get(dtype, 1.0)
    path = write(tmp_path / "r.tif", collared(ground.astype(dtype), value))
    found, reading = appraise(path, MOON, Told())
    assert found == kind
    outside = np.isnan(collared(np.ones((SIDE, SIDE)), np.nan))
    seen = np.isnan(values(path, reading))
    assert seen[outside].all()
    assert seen[~outside].mean() < (1e-3 if (dtype, value) == ("int16", 0) else 1e-9)  # level ground at 0 m
    impossible = abs(value) >= 1e15 or value in (-32768, -2147483648)
    assert len(warnings_of(caplog)) == (0 if impossible else 1)
    if not impossible:
        assert f"the value {value:.10g}" in caplog.text
        assert "--nodata none" in caplog.text
        assert appraise(path, MOON, Told(kind, nodata="none"))[1] == Reading(eight_bit=dtype == "uint8")


@pytest.mark.parametrize("value", [-9999, -32767, 32767])
def test_holes_in_terrain_are_seen_wherever_they_are(value: int, tmp_path: Path) -> None:
    ground = np.rint(HEIGHTS).astype("int16")
    holed = np.random.default_rng(1).random(ground.shape) < 0.002
    holed[200:204, 100:140] = True
    ground[holed] = value
    path = write(tmp_path / "r.tif", ground)
    kind, reading = appraise(path, MOON, Told())
    assert kind == "dtm"
    np.testing.assert_array_equal(np.isnan(values(path, reading)), holed)


def test_hot_pixels_do_not_squeeze_the_stretch(tmp_path: Path) -> None:
    ground = GREYS.astype("uint16") * 16
    hot = np.random.default_rng(1).random(ground.shape) < 0.01
    ground[hot] = 65535
    _, reading = appraise(write(tmp_path / "r.tif", ground), MOON, Told())
    np.testing.assert_array_equal(np.isnan(values(tmp_path / "r.tif", reading)), hot)


def shadowed(share: float) -> NDArray[np.uint8]:
    """A picture whose corner lies in black shadow with a soft edge, as a polar one's may."""
    y, x = np.mgrid[:SIDE, :SIDE]
    light = np.clip((np.hypot(x, y) - share * SIDE) / 60.0, 0.0, 1.0)
    return np.asarray(np.rint(GREYS * light), np.uint8)


def test_shadow_in_a_corner_is_ground(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _, reading = appraise(write(tmp_path / "r.tif", shadowed(0.3)), MOON, Told())
    assert reading == Reading(eight_bit=True)
    assert not warnings_of(caplog)


def test_a_plain_is_ground_but_worth_a_question(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    bowls = [
        np.hypot(x - left, y - top) / radius for left, top, radius in ((90, 90, 40), (300, 200, 60), (120, 320, 25))
    ]
    depth = sum(-10.0 * radius * np.clip(1 - r**2, 0, None) for r, radius in zip(bowls, (40, 60, 25), strict=True))
    path = write(tmp_path / "r.tif", np.asarray(depth, np.float32))
    _, reading = appraise(path, MOON, Told())
    assert reading == Reading()
    assert any("searched as ground" in said and "--nodata 0" in said for said in warnings_of(caplog))


def test_what_the_user_says_of_nodata_settles_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "r.tif", collared(GREYS, 0))
    assert appraise(path, MOON, Told(nodata=0.0))[1].nodata == (0.0,)
    assert appraise(path, MOON, Told(nodata="none"))[1].collars == ()
    assert not warnings_of(caplog)


FLAT: dict[str, Callable[[], NDArray[Any]]] = {
    "one grey": lambda: np.full((SIDE, SIDE), 90, np.uint8),
    "three greys": lambda: (GREYS // 90 + 60).astype(np.uint8),
    "values far out": lambda: (
        np.where(np.random.default_rng(0).random(GREYS.shape) < 0.02, 1e6, GREYS * 1.0)
        * np.random.default_rng(1).uniform(0.9, 1.1, GREYS.shape)
    ),
}


@pytest.mark.parametrize("make", FLAT.values(), ids=FLAT)
def test_a_picture_that_shows_next_to_nothing_is_said_to(
    make: Callable[[], NDArray[Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    appraise(write(tmp_path / "r.tif", make()), MOON, Told("image"))
    assert any("next to nothing" in said and "--nodata" in said for said in warnings_of(caplog))


def test_colours_become_greys(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    colours = np.stack([GREYS, GREYS // 2, 250 - GREYS])
    luminance = 0.299 * colours[0] + 0.587 * colours[1] + 0.114 * colours[2]
    clear = np.isnan(collared(np.ones((SIDE, SIDE)), np.nan))
    rgba = np.concatenate([colours, np.where(clear, 0, 255).astype(np.uint8)[None]])
    for name, bands, transparent in (("rgb", colours, np.zeros_like(clear)), ("rgba", rgba, clear)):
        path = write(tmp_path / f"{name}.tif", bands, photometric="rgb", alpha="yes" if len(bands) == 4 else "no")
        kind, reading = appraise(path, MOON, Told())
        assert kind == "image"
        assert reading.is_grey8
        np.testing.assert_allclose(values(path, reading), np.where(transparent, np.nan, luminance), atol=1e-3)
        assert "luminance" in caplog.text
        caplog.clear()
        blue = values(path, appraise(path, MOON, Told(band=3))[1])
        np.testing.assert_array_equal(blue[~transparent], colours[2][~transparent])
    assert not warnings_of(caplog)


def test_a_colour_table_is_looked_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    order = np.random.default_rng(0).permutation(256)
    path = write(tmp_path / "r.tif", order[GREYS].astype(np.uint8), photometric="palette")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {int(order[grey]): (grey, grey, grey, 255) for grey in range(256)})
    kind, reading = appraise(path, MOON, Told())
    assert kind == "image"
    np.testing.assert_allclose(values(path, reading), GREYS, atol=1e-3)
    assert "colour table" in caplog.text


def test_grey_with_alpha_needs_no_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clear = np.isnan(collared(np.ones((SIDE, SIDE)), np.nan))
    bands = np.stack([np.where(clear, 0, GREYS), np.where(clear, 0, 255)]).astype(np.uint8)
    path = write(tmp_path / "r.tif", bands, alpha="yes")
    _, reading = appraise(path, MOON, Told())
    np.testing.assert_array_equal(np.isnan(values(path, reading)), clear)
    assert not warnings_of(caplog)


def test_several_bands_are_named_and_one_can_be_chosen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bands = np.stack([HEIGHTS, GREYS.astype(float)]).astype("float32")
    path = write(tmp_path / "r.tif", bands)
    assert appraise(path, MOON, Told())[0] == "dtm"
    assert any("2 bands" in said and "--band" in said for said in warnings_of(caplog))
    caplog.clear()
    kind, reading = appraise(path, MOON, Told(band=2))
    assert kind == "image"
    np.testing.assert_array_equal(values(path, reading), bands[1])
    assert not warnings_of(caplog)
    with pytest.raises(UserError, match="no band 3 to search; its bands are 1, 2"):
        appraise(path, MOON, Told(band=3))


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.tif", (GREYS + 1j * GREYS).astype("complex64"))
    with pytest.raises(UserError, match="complex numbers"):
        appraise(path, MOON, Told())


def test_only_the_bounds_are_looked_at(tmp_path: Path) -> None:
    """A collar of the other half of the raster is no matter of this one."""
    grey = GREYS.copy()
    grey[:, SIDE // 2 :] = 0
    path = write(tmp_path / "r.tif", grey)
    with open_raster(path) as dataset:
        west, north = dataset.transform.c, dataset.transform.f
    degree = np.pi * MOON.radius_m / 180
    east = west + SIDE / 2 * 100.0
    inside = Bounds(west / degree + 0.01, (north - 30_000) / degree, east / degree - 0.01, north / degree - 0.01)
    assert appraise(path, MOON, Told(), inside)[1].collars == ()
    assert appraise(path, MOON, Told())[1].collars == (0.0,)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 1000), steepest=st.floats(0.1, 0.6), level=st.floats(-5000, 5000))
def test_terrain_of_any_slope_and_level_passes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steepest: float, level: float
) -> None:
    path = write(tmp_path_factory.mktemp("any") / "r.tif", (terrain(seed, 200, steepest) + level).astype("float32"))
    kind, reading = appraise(path, MOON, Told())
    assert (kind, reading) == ("dtm", Reading())


DATA = os.environ.get("CRATER_REAL_DATA")


@pytest.mark.real_data
@pytest.mark.skipif(not DATA, reason="CRATER_REAL_DATA names no folder of real data")
def test_real_rasters_pass_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    rasters = sorted(Path(DATA or "").rglob("*.tif"))
    kinds: dict[str, Any] = {path.name: appraise(path, MOON, Told()) for path in rasters}
    assert len(kinds) >= 11
    for name, (kind, reading) in kinds.items():
        expected = ("dtm", Reading()) if name.startswith("gld100") else ("image", Reading(eight_bit=True))
        assert (kind, reading) == expected, name
    assert not warnings_of(caplog)
