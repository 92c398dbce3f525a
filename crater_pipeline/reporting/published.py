"""Published figures, quoted as printed."""

from dataclasses import dataclass

REFERENCE = "Zhang et al. (2025), doi:10.11834/jrs.20243206"


@dataclass(frozen=True)
class Published:
    """One row of the paper's tables, in percent."""

    network: str
    region: str
    precision: float
    recall: float
    f1: float
    mean_average_precision: float

    @property
    def harmonic_f1(self) -> float:
        """2PR / (P + R) of the printed precision and recall, in percent."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def f1_disagrees(self) -> bool:
        """Whether the printed F1 is not that of the printed P and R, rounding (0.005 each) allowed for."""
        return abs(self.harmonic_f1 - self.f1) > 0.0101


@dataclass(frozen=True)
class PublishedMethod:
    """What the authors of another method report of it, in their words' sense."""

    method: str
    source: str
    ground: str
    matched_by: str
    reported: str


PUBLISHED = (
    Published("hourglass", "hongwan", 75.97, 74.71, 75.08, 81.35),
    Published("hourglass", "procellarum", 75.09, 72.20, 74.03, 80.92),
    Published("ResNet-50", "hongwan", 74.29, 73.92, 74.00, 74.29),
    Published("ResNet-50", "procellarum", 73.66, 72.04, 73.34, 78.44),
)

OTHER_METHODS = (
    PublishedMethod(
        "U-Net and circle templates",
        "Silburt et al. (2019), doi:10.1016/j.icarus.2018.06.022",
        "terrain of the Moon, lists of Head et al. and Povilaitis et al.",
        "deepmoon",
        "92 % of the list's craters recovered; of what it found besides, 11 % judged false by eye",
    ),
    PublishedMethod(
        "Mask R-CNN",
        "Ali-Dib et al. (2020), doi:10.1016/j.icarus.2020.113749",
        "the same, longitudes kept out of training",
        "the authors' own rule",
        "87 % of the list's craters recovered; of a sample of what it found besides, most judged real",
    ),
)
"""Neither reports a precision against a complete list."""


def published_figures() -> dict[str, object]:
    """All of them, for a template."""
    return {"reference": REFERENCE, "networks": PUBLISHED, "methods": OTHER_METHODS}
