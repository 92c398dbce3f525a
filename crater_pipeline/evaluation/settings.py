"""How the product is judged."""

from itertools import pairwise

from pydantic import Field, field_validator

from crater_pipeline.settings import Settings


class EvaluationSettings(Settings):
    """Which craters count, and how figures, bins and intervals are made."""

    min_diameter_km: float | None = Field(
        None,
        gt=0,
        description="Diameter from which craters are judged; smaller ones are neither right nor wrong. Left out, it "
        "follows from the catalogue's completeness and from what the raster shows.",
    )
    max_cut_fraction: float = Field(
        0.25,
        ge=0,
        le=1,
        description="A crater with a larger share of its area outside the searched area is neither right nor wrong.",
    )
    bins_px: tuple[float, ...] = Field(
        (5, 8, 10, 15, 30, 60), description="Borders of the diameter bins in pixels of the raster; the last is open."
    )
    bins_km: tuple[float, ...] = Field(
        (1, 1.25, 1.5, 2, 3, 5, 10, 20, 50),
        description="Borders of the diameter bins in kilometres; the last is open.",
    )
    block_km: float = Field(50.0, gt=0, description="Side of the spatial blocks that the bootstrap draws, in km.")
    bootstrap_samples: int = Field(1000, ge=100, description="Bootstrap samples behind every interval.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence of the intervals.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap.")
    max_detections: tuple[int, ...] = Field(
        (100, 300, 500), min_length=1, description="Detections a tile that COCO's figures per tile take into account."
    )

    @field_validator("bins_px", "bins_km")
    @classmethod
    def _borders_rise(cls, borders: tuple[float, ...]) -> tuple[float, ...]:
        if not borders or borders[0] < 0 or any(low >= high for low, high in pairwise(borders)):
            raise ValueError("the borders must be positive and rise")
        return borders
