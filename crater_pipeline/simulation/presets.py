"""Settings that look like places and instruments of the Moon."""

from crater_pipeline.simulation.settings import SimulationSettings

GLD100_BLUR_M = 430.0
"""Resolution (Gaussian sigma) of GLD100: with it, fresh craters of 1 to 8 km lose the share of their depth that they
lack there (a 1.1 km crater keeps 0.13 of it, 2.25 km 0.46, 6 km 0.84)."""
GLD100_NOISE_M, GLD100_NOISE_SIGMA_M = 6.0, 350.0
"""Standard deviation of GLD100's noise on maria and the Gaussian sigma that white noise of the same spectrum (0.05 to
0.12 cycles per pixel) has been blurred with."""


def mare() -> SimulationSettings:
    """A lava plain of the near side: few craters, ridges, the tops of buried rims."""
    return SimulationSettings(mare_fraction=1.0)


def highland() -> SimulationSettings:
    """Old highlands: rough, and as full of craters as they can be."""
    return SimulationSettings(mare_fraction=0.0)


def as_gld100(settings: SimulationSettings, pixel_size_m: float) -> SimulationSettings:
    """`settings` with the terrain model's resolution, noise and rounding of GLD100 at that pixel size."""
    return settings.model_copy(
        update={
            "dtm_blur_px": GLD100_BLUR_M / pixel_size_m,
            "dtm_noise_m": GLD100_NOISE_M,
            "dtm_noise_px": GLD100_NOISE_SIGMA_M / pixel_size_m,
            "dtm_step_m": 1.0,
        }
    )
