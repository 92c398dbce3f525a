"""What the network is shown: the picture on disk, and the same terrain under other suns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.detection.pictures import Terrain, open_pictures, sun_azimuths
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.rasters.files import create_raster, open_raster, read_window
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings

MOON = Body(name="moon", radius_m=1_737_400)
# Far from the map's central meridian, where grid north is not north and the scale is not 1.
CRS = choose_projection(Bounds(-35, 25, -15, 50), MOON)
ORIGIN = (250_000.0, 400_000.0)
WIDTH, HEIGHT, PIXEL_M = 420, 300, 120.0
TILING = TilingSettings(size=128, overlap=32, levels=3)


def write_terrain(path: Path, origin: tuple[float, float] = ORIGIN, hole: bool = True) -> Path:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    relief = np.zeros((HEIGHT, WIDTH))
    for cx, cy, radius in zip(
        rng.uniform(0, WIDTH, 60), rng.uniform(0, HEIGHT, 60), rng.uniform(4, 30, 60), strict=True
    ):
        relief -= 6 * radius * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / radius**2)
    relief = (relief + rng.normal(0, 1, relief.shape)).astype(np.float32)
    if hole:
        relief[100:150, 200:260] = np.nan
    transform = Affine(PIXEL_M, 0, origin[0], 0, -PIXEL_M, origin[1])
    with create_raster(path, WIDTH, HEIGHT, CRS, transform, "float32", np.nan) as dataset:
        dataset.write(relief, 1)
    return path


def shaded(folder: Path, shading: ShadingSettings, elevation: Path, name: str = "shaded.tif") -> Path:
    shade_raster(elevation, folder / name, MOON, shading)
    return folder / name


@given(first=st.floats(0, 360), count=st.integers(1, 16))
def test_suns_are_spread_over_all_lines_through_the_zenith_and_over_both_sides(first: float, count: int) -> None:
    azimuths = np.array(sun_azimuths(first, count))
    assert azimuths[0] == pytest.approx(first % 360)
    lines = np.sort((azimuths - first) % 180)
    lines[lines > 180 - 1e-6] = 0
    assert np.allclose(np.sort(lines), np.arange(count) * 180 / count, atol=1e-6)
    # Their pulls cancel: altogether, or down to little more than one sun's.
    pull = abs(np.exp(1j * np.radians(azimuths)).sum())
    assert pull < 1e-6 if count % 2 and count > 1 else pull < 1.4143


@pytest.mark.parametrize("shadows", [False, True])
def test_on_the_finest_level_every_sun_gives_what_the_shaded_raster_gives(tmp_path: Path, shadows: bool) -> None:
    elevation = write_terrain(tmp_path / "z.tif")
    shading = ShadingSettings(sun_azimuth_deg=250.0, sun_elevation_deg=20.0, flat_grey=90, shadows=shadows)
    image = shaded(tmp_path, shading, elevation)
    with open_pictures(image, Terrain(elevation, shading), 3, MOON) as (info, read):
        tiles = list(TileGrid.of(info.width, info.height, TILING).tiles(0))
        lit = [read(tile) for tile in tiles]
    for number, azimuth in enumerate([250.0, 10.0, 130.0]):
        other = shaded(tmp_path, shading.model_copy(update={"sun_azimuth_deg": azimuth}), elevation, f"{number}.tif")
        with open_pictures(other, None, 3, MOON) as (_, read):
            for tile, (pictures, valid) in zip(tiles, lit, strict=True):
                expected, expected_valid = read(tile)
                assert expected.shape == (1, 1, 128, 128)
                assert pictures.shape == (3, 1, 128, 128)
                assert np.array_equal(valid, expected_valid)
                assert np.array_equal(pictures[number], expected[0])


def test_on_a_coarser_level_the_terrain_is_averaged_before_it_is_lit(tmp_path: Path) -> None:
    elevation, shading = write_terrain(tmp_path / "z.tif"), ShadingSettings()
    image = shaded(tmp_path, shading, elevation)
    width, height = WIDTH // 2, HEIGHT // 2
    with open_raster(elevation) as dataset:
        coarse = read_window(dataset, Window(0, 0, 2 * width, 2 * height), (height, width)).filled(np.nan)
    transform = Affine(2 * PIXEL_M, 0, ORIGIN[0], 0, -2 * PIXEL_M, ORIGIN[1])
    with create_raster(tmp_path / "z2.tif", width, height, CRS, transform, "float32", np.nan) as dataset:
        dataset.write(coarse, 1)
    again = shaded(tmp_path, shading, tmp_path / "z2.tif", "shaded2.tif")
    tile = next(TileGrid.of(WIDTH, HEIGHT, TILING).tiles(1))
    with (
        open_pictures(image, Terrain(elevation, shading), 2, MOON) as (_, read),
        open_pictures(again, None, 1, MOON) as (_, read_again),
    ):
        (pictures, valid), (expected, expected_valid) = read(tile), read_again(replace(tile, level=0))
    assert np.array_equal(valid, expected_valid)
    assert np.array_equal(pictures[0], expected[0])


def test_no_two_suns_show_the_same(tmp_path: Path) -> None:
    elevation, shading = write_terrain(tmp_path / "z.tif", hole=False), ShadingSettings(sun_elevation_deg=30.0)
    image = shaded(tmp_path, shading, elevation)

    def likeness(suns: int) -> NDArray[np.float64]:
        with open_pictures(image, Terrain(elevation, shading), suns, MOON) as (_, read):
            pictures, _ = read(Tile(0, 0, 0, 64, 64, 128))
        table = np.abs(np.atleast_2d(np.corrcoef(pictures.reshape(suns, -1))))
        return np.asarray(table[np.triu_indices(suns, 1)])

    assert likeness(2).max() < 0.3
    assert likeness(3).max() < 0.7
    assert likeness(4).max() < 0.85


def test_one_sun_and_images_are_read_from_the_image(tmp_path: Path) -> None:
    elevation, shading = write_terrain(tmp_path / "z.tif"), ShadingSettings()
    image = shaded(tmp_path, shading, elevation)
    tile = Tile(1, 0, 0, 0, 0, 128)
    # With one sun the terrain is not even opened.
    missing = Terrain(tmp_path / "not_there.tif", shading)
    for terrain, suns in ((missing, 1), (None, 4)):
        with open_pictures(image, terrain, suns, MOON) as (_, read), open_raster(image) as dataset:
            pictures, valid = read(tile)
            grey = read_window(dataset, tile.window, (128, 128))
        assert pictures.shape == (1, 1, 128, 128)
        assert np.array_equal(valid, ~np.ma.getmaskarray(grey))
        expected = (grey - grey.mean()) / grey.std()
        assert np.allclose(pictures[0, 0][valid], expected.compressed().clip(-5, 5), atol=1e-4)


def test_terrain_of_another_grid_is_refused(tmp_path: Path) -> None:
    image = shaded(tmp_path, ShadingSettings(), write_terrain(tmp_path / "z.tif"))
    moved = write_terrain(tmp_path / "moved.tif", (ORIGIN[0] + PIXEL_M, ORIGIN[1]))
    with (
        pytest.raises(UserError, match=r"moved\.tif: not on the grid of .*shaded\.tif"),
        open_pictures(image, Terrain(moved, ShadingSettings()), 4, MOON),
    ):
        pass


def test_a_network_that_sees_terrain_gets_views_of_it_and_no_image(tmp_path: Path) -> None:
    elevation, shading = write_terrain(tmp_path / "z.tif"), ShadingSettings(sun_azimuth_deg=250.0, shadows=True)
    image = shaded(tmp_path, shading, elevation)
    tile = Tile(0, 0, 0, 64, 64, 128)
    terrain = Terrain(elevation, shading)
    with open_pictures(image, terrain, 2, MOON, "terrain") as (_, read):
        views, valid = read(tile)
    assert views.shape == (2, 3, 128, 128)
    assert np.array_equal(valid, (views != 0).any(axis=(0, 1)))
    # The same lamps as for pictures, up to shadows and the rounding to 8-bit greys: 250 degrees, and 340 beside it.
    plain = Terrain(elevation, ShadingSettings(sun_azimuth_deg=250.0))
    with open_pictures(image, plain, 2, MOON) as (_, read):
        pictures, _ = read(tile)
    assert np.corrcoef(views[0, 0].ravel(), pictures[0, 0].ravel())[0, 1] > 0.99
    assert np.corrcoef(views[0, 1].ravel(), pictures[1, 0].ravel())[0, 1] > 0.99
    with pytest.raises(UserError, match="weights are shown terrain"), open_pictures(image, None, 1, MOON, "terrain"):
        pass
