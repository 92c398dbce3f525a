"""The configuration: entries by name (bodies, mosaics, catalogues, regions) and the stages' own settings.

Only the workflow, and the command `fetch`, import this module; a step receives nothing but its own section.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import Field, field_validator

from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.configuration.comparisons import ComparisonSettings
from crater_pipeline.configuration.sources import WHOLE_BODY, Catalogue, Degrees, Mosaic, Name, check_bounds
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.export.dating import DatingSettings
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.models.settings import DEFAULT_BACKBONES, ModelSettings
from crater_pipeline.rasters.reprojection import ReprojectionSettings
from crater_pipeline.settings import Settings, open_address
from crater_pipeline.sphere.zones import ZoningSettings
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.settings import PretrainingSettings, TrainingSettings

STAGES: dict[str, type[Settings]] = {
    "zoning": ZoningSettings,
    "reprojection": ReprojectionSettings,
    "shading": ShadingSettings,
    "tiling": TilingSettings,
    "labels": LabelSettings,
    "split": SplitSettings,
    "model": ModelSettings,
    "baseline": BaselineSettings,
    "training": TrainingSettings,
    "inference": InferenceSettings,
    "merging": MergingSettings,
    "depth": DepthSettings,
    "evaluation": EvaluationSettings,
    "dating": DatingSettings,
}
"""Section of the configuration -> the settings of the code that runs it."""

SECTIONS = {settings: section for section, settings in STAGES.items()}

Stage = TypeVar("Stage", bound=Settings)


class BodyEntry(Settings):
    """A planetary body, taken as a sphere. The Moon, Mars and Mercury are there; another is one more entry."""

    radius_m: float = Field(
        gt=0,
        description="Radius of the reference sphere in metres. With the radius that the IAU gave a body of that name "
        "the results have its registered reference system, such as IAU_2015:49900 for mars.",
    )


class Region(Settings, extra="allow"):
    """An area whose craters are wanted. Any stage's section given here wins over the global one."""

    __pydantic_extra__: dict[str, dict[str, Any]]

    mosaic: Name = Field(description="Name of an entry of `mosaics`.")
    catalogue: Name | None = Field(
        None, description="Name of an entry of `catalogues`; without one nothing can be trained or judged."
    )
    witnesses: tuple[Name, ...] = Field(
        (),
        description="Names of other entries of `catalogues`. The report says how many detections that the region's own "
        "catalogue lacks they hold.",
    )
    depth_from: Name | None = Field(
        None,
        description="Name of a terrain model among `mosaics` (kind dtm, or a simulated one) on which depths are "
        "measured (null: the region's own, if its mosaic is one; without any there are no depths).",
    )
    bounds: Degrees = Field(
        description="[west, south, east, north] in degrees, east positive; west > east crosses the antimeridian. Or "
        "`body`: all of it. A region too large for one conformal map is searched by zones, `<name>_zone_01`..., see "
        "`zoning`; nothing can be trained on one."
    )
    title: str | None = Field(None, description="Heading of the report (null: the region's name).")
    like: Name | None = Field(
        None,
        description="Name of another region, from which every key but the title is taken that is not given here. As "
        "long as mosaic, bounds and reprojection are its own, its raster is used and not made again; terrain is shaded "
        "again where `shading` differs.",
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=100,
        description="Cross-validation: makes the regions `<name>_fold1` ... `<name>_fold<n>`, each with a training and "
        "a threshold of its own, whose test parts cover the region exactly once. Where nothing is trained there are "
        "none. Pool them in `comparisons`.",
    )

    _bounds = field_validator("bounds")(check_bounds)

    @field_validator("bounds", mode="before")
    @classmethod
    def _all_of_the_body(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "body":
            raise ValueError("must be [west, south, east, north] in degrees, or body")
        return WHOLE_BODY if value == "body" else value

    @property
    def overrides(self) -> dict[str, dict[str, Any]]:
        """Sections of stages given for this region alone."""
        return self.__pydantic_extra__


class Zone(Region):
    """A part of a region that is too large for one map: derived from it (`variants.with_zones`), never written."""

    part_of: Name = Field(description="Name of the region.")
    of: tuple[int, int] = Field(description="(number from 1, number of zones).")


class Configuration(Settings):
    """Everything the workflow may be told."""

    bodies: dict[Name, BodyEntry] = Field(description="Planetary bodies.")
    mosaics: dict[Name, Mosaic] = Field(description="Imagery and terrain models.")
    sources: str | None = Field(
        None,
        min_length=1,
        description="A folder, or the beginning of addresses (`https://.../`), where remote files are looked for by "
        "their names before their own addresses are asked. `crater-pipeline fetch <region> --to <folder>` makes one.",
    )
    catalogues: dict[Name, Catalogue] = Field(default_factory=dict, description="Craters already known.")
    regions: dict[Name, Region] = Field(min_length=1, description="Areas whose craters are wanted.")
    zoning: ZoningSettings = Field(default_factory=ZoningSettings)
    reprojection: ReprojectionSettings = Field(default_factory=ReprojectionSettings)
    shading: ShadingSettings = Field(default_factory=ShadingSettings)
    tiling: TilingSettings = Field(default_factory=TilingSettings)
    labels: LabelSettings = Field(default_factory=LabelSettings)
    split: SplitSettings = Field(default_factory=SplitSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    baseline: BaselineSettings = Field(default_factory=BaselineSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    inference: InferenceSettings = Field(default_factory=InferenceSettings)
    merging: MergingSettings = Field(default_factory=MergingSettings)
    depth: DepthSettings = Field(default_factory=DepthSettings)
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    dating: DatingSettings = Field(default_factory=DatingSettings)
    pretraining: PretrainingSettings = Field(
        default_factory=PretrainingSettings, description="How the shipped weights are made; see pretrain.yaml."
    )
    comparisons: dict[Name, ComparisonSettings] = Field(
        default_factory=dict, description="Models, folds or regions side by side: results/comparisons/<name>/."
    )

    @field_validator("sources")
    @classmethod
    def _nothing_secret(cls, sources: str | None) -> str | None:
        return None if sources is None else open_address(sources)

    def stage(self, region: str, stage: type[Stage]) -> Stage:
        """A stage's settings for one region: the global section with the region's overrides merged in."""
        section = SECTIONS[stage]
        settings: Stage = getattr(self, section)
        override = self.regions[region].overrides.get(section)
        if override:
            settings = stage.model_validate(deep_merge(settings.model_dump(exclude_unset=True), override))
        if isinstance(settings, ModelSettings) and "backbone" not in settings.model_fields_set and self.is_dtm(region):
            return settings.model_copy(update={"backbone": DEFAULT_BACKBONES["dtm"]})
        return settings

    def is_dtm(self, region: str) -> bool:
        """Whether a region's source is a terrain model."""
        mosaic = self.mosaics.get(self.regions[region].mosaic)
        return mosaic is not None and mosaic.kind == "dtm"


def deep_merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `override` laid over it; mappings merge key by key, anything else is replaced."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = deep_merge(merged[key], value) if both else value
    return merged
