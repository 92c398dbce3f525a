"""Settings of the simulated surface."""

from pydantic import Field, model_validator

from crater_pipeline.settings import Settings
from crater_pipeline.simulation.production import Production
from crater_pipeline.simulation.targets import TARGETS, TargetName


class SimulationSettings(Settings):
    """What the simulated surface is made of and how it is imaged."""

    production: TargetName | None = Field(
        None,
        description="Whose craters form, by number and size over time: `moon`, `mars` or `mercury` (null: the "
        "mosaic's body's own; the Moon's for any other body).",
    )
    gravity_m_s2: float | None = Field(
        None,
        gt=0,
        description="Gravity at the surface, by which large craters are shallow (null: the mosaic's body's, as far as "
        "it is one of these three; else the Moon's).",
    )
    highland_age_gyr: float = Field(
        4.2, gt=0.01, le=4.3, description="Age of the oldest surface in billions of years; sets the crater density."
    )
    mare_age_gyr: float = Field(
        3.4, gt=0.01, le=4.2, description="When lava flooded the lowlands, in billions of years before present."
    )
    mare_fraction: float = Field(0.5, ge=0, le=1, description="Share of the scene that lava covers.")
    plains_age_gyr: float = Field(
        3.9,
        gt=0.01,
        le=4.3,
        description="When smooth light plains filled the highlands' hollows, in 10^9 years; kept between the others.",
    )
    plains_fraction: float = Field(0.2, ge=0, le=1, description="Share of the highlands that light plains cover.")
    density: float = Field(1.0, gt=0, description="Factor on the number of primary craters of every size.")
    max_diameter_km: float = Field(
        300.0, gt=0, le=300, description="Largest crater drawn (the scene's size limits too)."
    )
    secondaries: float = Field(1.0, ge=0, description="Factor on the number of secondary craters (chains, clusters).")
    roughness: float = Field(1.0, ge=0, description="Factor on the height of the fractal terrain, hills and ridges.")
    degradation: float = Field(1.0, ge=0, description="Factor on how fast craters are worn down (1: in equilibrium).")
    catalogue_min_px: float = Field(5.0, ge=2, description="Least diameter in pixels of a catalogued crater.")
    min_relief: float = Field(
        0.015,
        ge=0,
        description="Craters whose rim stands less than this share of the diameter above their floor are "
        "erased: they are left out of the catalogue.",
    )
    min_rim_fraction: float = Field(
        0.45,
        ge=0,
        le=1,
        description="Craters of whose rim less than this share survives are left out of the catalogue.",
    )
    dtm_blur_px: float = Field(
        0.0, ge=0, description="Gaussian sigma in pixels of the terrain model's resolution (GLD100: 3.6 of its own)."
    )
    dtm_noise_m: float = Field(
        0.0, ge=0, description="Correlated height noise of the terrain model, metres (GLD100: 6)."
    )
    dtm_step_m: float = Field(0.0, ge=0, description="Heights are rounded to multiples of this, metres (GLD100: 1).")
    dtm_noise_px: float = Field(
        3.0, gt=0, description="Gaussian sigma in pixels of that noise (GLD100: 3.0 of its own)."
    )
    sun_azimuth_deg: float = Field(270.0, description="Azimuth of the sun, clockwise from true north.")
    sun_elevation_deg: float = Field(25.0, gt=0, le=90, description="Elevation of the sun above the horizon.")
    image_blur_px: float = Field(0.7, ge=0, description="Gaussian sigma in pixels of the image's resolution.")
    image_noise: float = Field(0.012, ge=0, description="Noise of the image, as a share of its mean brightness.")
    seam_contrast: float = Field(0.03, ge=0, description="Typical step in brightness between the mosaic's strips.")
    seam_spacing_px: float = Field(700.0, gt=8, description="Mean width of the mosaic's strips in pixels.")

    shadows: bool = Field(True, description="Darken what lies in the shadow of other terrain.")
    mean_grey: float = Field(95.0, ge=10, le=200, description="Grey value (1 to 255) of the image's average.")
    margin_px: int = Field(256, ge=0, description="Context simulated beyond the bounds, in pixels.")

    @model_validator(mode="after")
    def _mare_is_younger(self) -> "SimulationSettings":
        if self.mare_age_gyr > self.highland_age_gyr:
            raise ValueError("mare_age_gyr must not exceed highland_age_gyr")
        return self

    def on(self, body: str) -> "SimulationSettings":
        """These settings on a body: what is known of it, by its name, where they say nothing."""
        target = body if body in TARGETS else "moon"
        return self.model_copy(
            update={
                "production": self.production or target,
                "gravity_m_s2": self.gravity_m_s2 or TARGETS[target].gravity_m_s2,
            }
        )

    @property
    def production_function(self) -> Production:
        """The craters that form."""
        return TARGETS[self.production or "moon"].production

    @property
    def gravity_ratio(self) -> float:
        """Gravity over the Moon's."""
        lunar = TARGETS["moon"].gravity_m_s2
        return (self.gravity_m_s2 or lunar) / lunar
