"""How a raster is searched."""

from typing import Literal

from pydantic import Field

from crater_pipeline.light.views import View
from crater_pipeline.settings import Settings

DEFAULT_SUNS: dict[View, int] = {"picture": 4, "terrain": 1}

MOST_POSITIONS = 8
"""A square's four quarter turns, each as it is and mirrored."""


class InferenceSettings(Settings):
    """How the network is run over a raster's tiles."""

    batch_size: int | None = Field(
        None,
        ge=1,
        description="Pictures per forward pass (at least one tile under all its suns). Without a value: 1 on a CPU, "
        "where every thread looks at a tile of its own, and 8 on a GPU.",
    )
    suns: int | None = Field(
        None,
        ge=1,
        le=16,
        description="Terrain models only: each tile is lit from so many sides, the first `shading.sun_azimuth_deg`, no "
        "two opposite, and the network's answers are averaged. 1 searches the shaded picture alone. Without a value: 4 "
        "for networks that are shown pictures, 1 for those that are shown terrain, which see two suns at once.",
    )
    positions: int = Field(
        4,
        ge=1,
        le=MOST_POSITIONS,
        description="Pictures under one sun: each tile is searched in so many positions (as it is, turned by quarter "
        "turns, mirrored) and the network's answers are averaged. 1 takes a quarter of the time and misses more; the "
        "shipped weights' threshold belongs to 4.",
    )
    min_score: float = Field(0.02, ge=0, lt=1, description="Peaks below this network score are dropped.")
    max_detections: int = Field(500, ge=1, description="At most so many peaks are kept per tile.")
    min_diameter_px: float = Field(
        5.0, gt=0, description="Smaller detections are dropped, on level 0, in pixels: too few pixels to be a circle."
    )
    min_diameter_coarse_px: float = Field(
        10.0, gt=0, description="The same on the coarser levels, where the finer level sees them better."
    )
    max_diameter_px: float = Field(
        160.0, gt=0, description="Larger detections are left to the next level (all are kept on the last one)."
    )
    precision: Literal["auto", "bf16", "float32", "int8"] = Field(
        "auto",
        description="Arithmetic; `auto` is bf16 where the processor or GPU multiplies it natively. `int8`, with "
        "OpenVINO only, is about twice as fast and loses a little, see docs/performance.md.",
    )
    engine: Literal["auto", "torch", "openvino"] = Field(
        "auto",
        description="What runs the network. `openvino` is faster on CPUs; `auto` takes it where it is installed, there "
        "is no GPU and the CPU multiplies bf16, and torch otherwise. Scores differ by a few thousandths.",
    )

    def suns_for(self, view: View) -> int:
        """Pictures, or terrain views, of one tile."""
        return self.suns or DEFAULT_SUNS[view]
