"""The section `depth`: which craters are deep enough in pixels and whole enough to be measured."""

from pydantic import Field

from crater_pipeline.settings import Settings


class DepthSettings(Settings):
    """Depths of the craters found, where a terrain model shows them."""

    min_diameter_px: float = Field(
        30.0,
        ge=6,
        description="Least diameter in pixels of the terrain model. Smaller craters have no depth (NULL): they come "
        "out too shallow, since what a terrain model resolves is several pixels. 30 suits stereo models such as "
        "GLD100, 10 sharp ones.",
    )
    min_rim_height_px: float = Field(
        50.0,
        ge=6,
        description="The same for the height of the rim, which is narrower than the crater and drowns first.",
    )
    min_rim_share: float = Field(
        1 / 3,
        gt=0,
        le=1,
        description="Least share of the rim that is shown and that no other crater cuts; with less there is no depth.",
    )
