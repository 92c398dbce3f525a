"""The search: tiles, sizes, edges; on a network that answers with bright squares."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from affine import Affine
from torch import Tensor, nn

from crater_pipeline.detection.inference import search, search_in_parts
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain, sun_azimuths
from crater_pipeline.detection.rows import DTYPES, empty_detections
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.table import write_detections
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.models.centernet import Prediction
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.tables import METADATA_KEY
from crater_pipeline.tiles.grid import TileGrid, TilingSettings
from crater_pipeline.unfinished import kept_folder

MOON = Body(name="moon", radius_m=1_737_400)
BOUNDS = Bounds(-1, -1, 1, 1)
TILING = TilingSettings(size=128, overlap=32, levels=1)
TORCH = InferenceSettings(engine="torch")


class BrightSpots(nn.Module):
    """Says that every bright pixel is a crater, 12 pixels wide, centred on the pixel's middle."""

    stride = 4
    view = "picture"

    def forward(self, images: Tensor) -> Prediction:
        bright = (images > 3).float()
        heatmap = nn.functional.max_pool2d(bright, 4) * 20 - 10
        rows = torch.arange(images.shape[2]).view(1, 1, -1, 1) % 4
        cols = torch.arange(images.shape[3]).view(1, 1, 1, -1) % 4
        offset = torch.cat([nn.functional.max_pool2d(bright * (c + 0.5) / 4, 4) for c in (cols, rows)], 1)
        return Prediction(heatmap, offset, torch.full_like(offset, float(np.log(3.0))))


def write_image(path: Path, spots: list[tuple[int, int]], side: int = 400, blank: int = 0) -> Path:
    """Grey noise with bright pixels at (x, y); the first `blank` columns hold no data."""
    crs = choose_projection(BOUNDS, MOON)
    data = np.random.default_rng(0).integers(95, 106, (side, side)).astype(np.uint8)
    for x, y in spots:
        data[y, x] = 255
    data[:, :blank] = 0
    with create_raster(path, side, side, crs, Affine(100, 0, -20_000, 0, -100, 20_000), "uint8", 0) as dataset:
        dataset.write(data, 1)
    return path


def run(image: Path, bounds: Bounds = BOUNDS, **settings: object) -> tuple[pd.DataFrame, TileGrid]:
    network: nn.Module = BrightSpots()
    options = InferenceSettings.model_validate({"engine": "torch", "precision": "float32", "batch_size": 3, **settings})
    return search(image, network, "log", bounds, MOON, TILING, options)  # type: ignore[arg-type]


def test_every_spot_is_found_once_by_the_tile_that_owns_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    spots = [(int(x), int(y)) for x in range(20, 390, 40) for y in range(20, 390, 40)]
    spots = [(x + int(rng.integers(9)), y + int(rng.integers(9))) for x, y in spots]
    found, _ = run(write_image(tmp_path / "i.tif", spots))
    assert {name: found[name].dtype for name in DTYPES} == {name: np.dtype(kind) for name, kind in DTYPES.items()}
    owned = found[found["core_distance"] <= 0]
    seen = sorted(zip(owned["x_off"] + owned["x"], owned["y_off"] + owned["y"], strict=True))
    assert np.allclose(seen, sorted((x + 0.5, y + 0.5) for x, y in spots), atol=0.05)
    assert np.allclose(found[["width", "height"]], 12.0)
    assert len(found) > len(owned)  # overlaps see some twice


def edges(found: pd.DataFrame) -> dict[tuple[int, int], bool]:
    """(x, y) in the raster, rounded -> touches_edge."""
    x, y = (found["x_off"] + found["x"]).round(), (found["y_off"] + found["y"]).round()
    return {(int(a), int(b)): bool(t) for a, b, t in zip(x, y, found["touches_edge"], strict=True)}


def test_edges_are_told(tmp_path: Path) -> None:
    image = write_image(tmp_path / "i.tif", [(3, 200), (200, 396), (103, 200), (120, 60), (300, 300)])
    found, _ = run(image)
    edge = edges(found)
    assert edge == {(4, 200): True, (200, 396): True, (104, 200): False, (120, 60): False, (300, 300): False}
    found, _ = run(write_image(tmp_path / "j.tif", [(103, 200), (120, 60)], blank=100))
    edge = edges(found)
    assert edge == {(104, 200): True, (120, 60): False}


def test_leaving_the_bounds_is_an_edge_too(tmp_path: Path) -> None:
    image = write_image(tmp_path / "i.tif", [(200, 200), (260, 200)])
    degree_px = np.radians(1) * 1_737_400 / 100
    tight = Bounds(-0.1, -0.1, (260 - 200 + 2) / degree_px, 0.1)
    found, _ = run(image, bounds=tight)
    assert {x: touches for (x, _), touches in edges(found).items()} == {200: False, 260: True}


def test_sizes_outside_a_levels_range_are_dropped(tmp_path: Path) -> None:
    image = write_image(tmp_path / "i.tif", [(200, 200)])
    assert len(run(image, min_diameter_px=13.0)[0]) == 0
    assert len(run(image, min_diameter_px=11.0)[0]) > 0
    # On the last level nothing is too large.
    assert len(run(image, max_diameter_px=11.0)[0]) > 0


def test_an_empty_result_has_the_columns_and_survives_its_file(tmp_path: Path) -> None:
    found, grid = run(write_image(tmp_path / "i.tif", []))
    assert found.dtypes.to_dict() == empty_detections().dtypes.to_dict()
    write_detections([found], grid, "abc", tmp_path / "d.parquet")
    assert list(pd.read_parquet(tmp_path / "d.parquet").columns) == list(DTYPES)
    metadata = pq.read_schema(tmp_path / "d.parquet").metadata
    assert b'"raster_width": 400' in metadata[METADATA_KEY]


def lit_terrain(folder: Path) -> tuple[Path, Terrain]:
    """A plain with one steep cone, and its picture under a sun in the west."""
    y, x = np.mgrid[:400, :400]
    cone = np.maximum(0, 720 - 60 * np.hypot(x - 200, y - 150)).astype(np.float32)
    crs, transform = choose_projection(BOUNDS, MOON), Affine(100, 0, -20_000, 0, -100, 20_000)
    with create_raster(folder / "z.tif", 400, 400, crs, transform, "float32", np.nan) as dataset:
        dataset.write(cone, 1)
    terrain = Terrain(folder / "z.tif", ShadingSettings())
    shade_raster(terrain.elevation, folder / "shaded.tif", MOON, terrain.shading)
    return folder / "shaded.tif", terrain


@pytest.mark.parametrize(("suns", "batch_size"), [(1, 4), (2, 4), (4, 4), (4, 1), (4, 20)])
def test_terrain_is_seen_from_all_sides(tmp_path: Path, suns: int, batch_size: int) -> None:
    image, terrain = lit_terrain(tmp_path)
    network = BrightSpots()
    batches: list[int] = []
    network.register_forward_pre_hook(lambda _, given: batches.append(len(given[0])))
    settings = InferenceSettings(engine="torch", precision="float32", batch_size=batch_size, suns=suns, min_score=0.1)
    found, grid = search(image, network, "log", BOUNDS, MOON, TILING, settings, terrain)  # type: ignore[arg-type]
    assert sum(batches) == (suns if suns > 1 else settings.positions) * len(list(grid.tiles()))
    assert max(batches) <= max(batch_size, suns)
    # The cone shines where it faces the sun: each sun alone sees one side, all together as many sides as suns.
    side = np.degrees(np.arctan2(found["x_off"] + found["x"] - 200.5, 150.5 - found["y_off"] - found["y"])) % 360
    lit = {round(azimuth) for azimuth in sun_azimuths(270, suns)}
    assert {min(lit, key=lambda a: abs((angle - a + 180) % 360 - 180)) for angle in side} == lit
    if suns == 1:
        alone, _ = search(image, network, "log", BOUNDS, MOON, TILING, settings)  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(found, alone)


def test_an_image_has_one_sun_whatever_the_settings(tmp_path: Path) -> None:
    image = write_image(tmp_path / "i.tif", [(200, 200), (60, 300)])
    pd.testing.assert_frame_equal(run(image, suns=1)[0], run(image, suns=8)[0])


def test_only_tiles_that_show_a_wanted_cell_are_searched(tmp_path: Path) -> None:
    spots = [(30, 30), (200, 210), (370, 380)]
    image = write_image(tmp_path / "image.tif", spots)
    everything, _ = run(image)
    wanted = np.zeros((50, 50), bool)
    wanted[26, 25] = True  # pixels (200..207, 208..215)
    some, _ = search(image, BrightSpots(), "log", BOUNDS, MOON, TILING, TORCH, only=wanted)  # type: ignore[arg-type]
    around = everything["x"] + everything["x_off"] - 200
    assert len(some) == int((around.abs() < 2).sum()) > 0
    assert len(some) < len(everything)


def test_a_search_that_was_cut_off_goes_on_and_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spots = [(int(x), int(y)) for x in range(20, 390, 30) for y in range(20, 390, 30)]
    image = write_image(tmp_path / "i.tif", spots)
    monkeypatch.setattr("crater_pipeline.detection.inference.PART_TILES", 2)

    class Dying(BrightSpots):
        """Ends the process, as it were, after so many pictures."""

        def __init__(self, life: int) -> None:
            super().__init__()
            self.life, self.shown = life, 0

        def forward(self, images: Tensor) -> Prediction:
            if self.shown + len(images) > self.life:
                raise KeyboardInterrupt
            self.shown += len(images)
            return super().forward(images)

    def searched(network: Dying, name: str = "0123456789abcdef") -> list[pd.DataFrame]:
        options = InferenceSettings(engine="torch", precision="float32", batch_size=1, positions=1)
        with kept_folder(tmp_path / "kept", name) as folder:
            parts = FoundParts(folder)
            search_in_parts(image, network, "log", BOUNDS, MOON, TILING, options, parts)  # type: ignore[arg-type]
            return list(parts.tables())

    whole = Dying(1000)
    wanted = searched(whole)
    assert not (tmp_path / "kept").exists()
    with pytest.raises(KeyboardInterrupt):
        searched(Dying(7))
    rest = Dying(1000)
    for got, expected in zip(searched(rest), wanted, strict=True):
        pd.testing.assert_frame_equal(got, expected)
    assert rest.shown == whole.shown - 6  # of the seventh tile's part nothing was kept
    # What another search has left is no use to this one.
    with pytest.raises(KeyboardInterrupt):
        searched(Dying(7))
    other = Dying(1000)
    searched(other, "fedcba9876543210")
    assert other.shown == whole.shown
