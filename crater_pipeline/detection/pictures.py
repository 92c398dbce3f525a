"""The pictures of a tile that the network is shown: the raster's own, or terrain lit from several suns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.detection.pyramid import Levels, open_levels
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings, flat_reflectance, shade, to_uint8
from crater_pipeline.light.shaded_raster import HALO_PX, GroundFields, GroundGeometry, shadow_reach
from crater_pipeline.light.standardise import standardise
from crater_pipeline.light.views import View, terrain_view
from crater_pipeline.rasters.files import RasterInfo, info_of, open_raster
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.grid import Tile

Pictures = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""What the network is shown, n pictures or views of a tile (n, channels, size, size), and where there is data."""

TileReader = Callable[[Tile], Pictures]


@dataclass(frozen=True)
class Terrain:
    """What a shaded image was made from: the terrain model on the same grid (metres), and how it is lit."""

    elevation: Path
    shading: ShadingSettings


def sun_azimuths(first_deg: float, count: int) -> list[float]:
    """`count` azimuths, the configured one first, no two of them opposite.

    Opposite suns show the same slopes with light and dark exchanged, and the second of them adds nothing (measured:
    docs/design.md). So it is the lines through the zenith that are spread evenly, over a half turn: two suns are at a
    right angle. Neighbouring lines are lit from opposite ends, so that the pull of lit walls on a circle averages out.
    """
    return [(first_deg + i * 180.0 * (count - 1) / count) % 360.0 for i in range(count)]


@contextmanager
def open_pictures(
    image: Path,
    terrain: Terrain | None,
    suns: int,
    body: Body,
    view: View = "picture",
    coarser: Sequence[Path] = (),
) -> Iterator[tuple[RasterInfo, TileReader]]:
    """Header of `image` and a function that reads a tile's pictures.

    There is one picture, the image's own, unless there is a terrain and `suns` is above 1: then the tile is lit from
    that many azimuths. For a network that is shown terrain there are `suns` terrain views, turned between them by the
    same azimuths. The function belongs to one thread at a time. `coarser`: files of levels 1, 2... of `shown_raster`;
    without them a tile of these levels is reduced from the finest one.

    Raises
    ------
    UserError
        If the terrain is not on the image's grid, or there is none for a network that is shown terrain.
    """
    if view == "terrain" and terrain is None:
        raise UserError(
            f"{image}: these weights are shown terrain models, and this is an image; take weights for images "
            "(model.backbone: hourglass_compact)"
        )
    shown = shown_raster(image, terrain, suns, view)
    if terrain is None or shown == image:
        with open_levels(image, coarser) as levels:
            yield info_of(levels.datasets[0], image), lambda tile: image_picture(levels, tile)
        return
    with open_raster(image) as dataset:
        info = info_of(dataset, image)
    with open_levels(shown, coarser) as levels:
        own = info_of(levels.datasets[0], shown)
        if (own.width, own.height, own.transform) != (info.width, info.height, info.transform):
            raise UserError(
                f"{terrain.elevation}: not on the grid of {image}, so it cannot be lit anew for the search; give the "
                "terrain that the image was shaded from"
            )
        lamp = Lamp(levels, own.on(body), body, terrain.shading, suns)
        yield info, lamp.pictures if view == "picture" else lamp.views


def shown_raster(image: Path, terrain: Terrain | None, suns: int, view: View) -> Path:
    """The raster that a network sees: the image, or the terrain that is lit anew."""
    return image if terrain is None or (suns == 1 and view == "picture") else terrain.elevation


def image_picture(levels: Levels, tile: Tile) -> Pictures:
    """The tile of an image as it is."""
    data = levels.read(tile.level, Window(tile.x_off, tile.y_off, tile.size, tile.size))
    valid = ~np.ma.getmaskarray(data)
    return standardise(data.data, valid)[None, None], valid


class Lamp:
    """Lights the tiles of a terrain model as `shade_raster` lights all of it, from several azimuths.

    A tile of a coarser level is shaded at that level's pixel size: its terrain is averaged first, as in training,
    where patches of all scales are resampled before they are lit.
    """

    def __init__(self, levels: Levels, grid: Grid, body: Body, shading: ShadingSettings, suns: int) -> None:
        self.levels, self.grid, self.body, self.shading = levels, grid, body, shading
        self.azimuths = sun_azimuths(shading.sun_azimuth_deg, suns)
        self.shadow_px = 0
        if shading.shadows:
            self.shadow_px = shadow_reach(levels.datasets[0], GroundGeometry(grid, body), shading.sun_elevation_deg)

    def pictures(self, tile: Tile) -> Pictures:
        """One picture an azimuth."""
        halo = HALO_PX - (-self.shadow_px // tile.scale)
        elevation, ground = self._read(tile, halo)
        core = slice(halo, halo + tile.size)
        valid = np.isfinite(elevation[core, core])
        towards = [azimuth - ground.convergence_deg for azimuth in self.azimuths]
        lit = [self._lit(elevation, ground.pixel_m, azimuth)[core, core] for azimuth in towards]
        return np.stack([standardise(grey, valid)[None] for grey in lit]), valid

    def views(self, tile: Tile) -> Pictures:
        """One terrain view an azimuth."""
        elevation, ground = self._read(tile, HALO_PX)
        core = slice(HALO_PX, HALO_PX + tile.size)
        suns = map(ground.sun, self.azimuths)
        shown = [terrain_view(elevation, ground.pixel_m, sun, halo_px=HALO_PX) for sun in suns]
        return np.stack(shown), np.isfinite(elevation[core, core])

    def _read(self, tile: Tile, halo: int) -> tuple[NDArray[np.float32], GroundFields]:
        """Elevation of a tile and `halo` pixels of its level around it, and how these pixels lie on the ground."""
        side = tile.size + 2 * halo
        wide = Window(tile.x_off - halo, tile.y_off - halo, side, side)
        elevation = self.levels.read(tile.level, wide).filled(np.float32(np.nan))
        return elevation, GroundGeometry(self.grid.coarsened(tile.scale), self.body).fields(wide)

    def _lit(
        self, elevation: NDArray[np.float32], ground: NDArray[np.float32], azimuth_grid: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Greys as `shade_raster` writes them."""
        height, weight = self.shading.sun_elevation_deg, self.shading.lunar_lambert_weight
        light = shade(elevation, ground, azimuth_grid, height, weight, self.shading.shadows)
        return to_uint8(light, flat_reflectance(height, weight), self.shading.flat_grey).astype(np.float32)
