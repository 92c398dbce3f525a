"""A window in blocks, each of which is kept once it has been fetched."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

BLOCK_PX = 1024
"""Side (about) of the blocks that are fetched, and kept over an interruption."""

BlockReader = Callable[[Window], NDArray[Any]]


def blocks_of(window: Window, block_shape: tuple[int, int]) -> list[Window]:
    """Parts of `window` along the borders of the raster's own blocks, so that none is fetched twice."""

    def edges(offset: int, length: int, step: int, wanted: int) -> list[int]:
        size = step * max(1, round(wanted / step))
        return [offset, *range((offset // size + 1) * size, offset + length, size), offset + length]

    cols = edges(int(window.col_off), int(window.width), block_shape[1], BLOCK_PX)
    widest = max(right - left for left, right in pairwise(cols))
    # A strip is as wide as the raster: fewer rows of it make a block of the same size.
    rows = edges(int(window.row_off), int(window.height), block_shape[0], max(1, BLOCK_PX**2 // widest))
    return [
        Window(left, top, right - left, bottom - top)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(cols)
    ]


@dataclass(frozen=True)
class BlockStore:
    """Blocks already fetched, in a hidden folder beside the output that survives an interruption."""

    folder: Path

    @classmethod
    def beside(cls, output: Path, identity: dict[str, object]) -> "BlockStore":
        """The store of one download; blocks of another one (address, window or state of the file) never match."""
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        for other in output.parent.glob(f".{output.name}.*.blocks"):
            if key not in other.name:
                shutil.rmtree(other, ignore_errors=True)
        folder = output.parent / f".{output.name}.{key}.blocks"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def holds(self, window: Window) -> bool:
        return self._path(window).is_file()

    def _path(self, window: Window) -> Path:
        return self.folder / f"{window.row_off}_{window.col_off}_{window.height}_{window.width}.npy"

    def fetch(self, window: Window, read: BlockReader) -> NDArray[Any]:
        """The stored block, else what `read` gives, which is then stored."""
        path = self._path(window)
        if not path.is_file():
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tmp", delete=False) as file:
                np.save(file, read(window))
            Path(file.name).replace(path)
        return np.asarray(np.load(path))

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
