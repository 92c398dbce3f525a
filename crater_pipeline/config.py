"""The configuration: entries by name (bodies, mosaics, catalogues, regions) and the stages' own settings.

Only the workflow imports this module; a step receives nothing but its own section.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from crater_pipeline.bounds import Bounds
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels import LabelSettings
from crater_pipeline.merging import MergingSettings
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.rasters import ReprojectionSettings
from crater_pipeline.settings import Settings
from crater_pipeline.shading import ShadingSettings
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.splits import SplitSettings
from crater_pipeline.tiles import TilingSettings
from crater_pipeline.training.settings import TrainingSettings

REMOTE = ("http://", "https://")

STAGES: dict[str, type[Settings]] = {
    "reprojection": ReprojectionSettings,
    "shading": ShadingSettings,
    "tiling": TilingSettings,
    "labels": LabelSettings,
    "split": SplitSettings,
    "model": ModelSettings,
    "training": TrainingSettings,
    "inference": InferenceSettings,
    "merging": MergingSettings,
    "evaluation": EvaluationSettings,
}
"""Section of the configuration -> the settings of the code that runs it."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

Degrees = tuple[float, float, float, float]


def check_bounds(value: Degrees) -> Degrees:
    """Bounds as given, if they are bounds."""
    try:
        Bounds(*value)
    except UserError as error:
        raise ValueError(str(error)) from error
    return value


class Source(Settings):
    """Where a file comes from."""

    url: str = Field(
        min_length=1,
        description="`https://...`, or a path: used in place, never copied or changed; relative paths start at the "
        "working directory.",
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="Checksum of the remote file (of a whole file; null: not checked)."
    )
    citation: str | None = Field(None, description="How its authors want to be cited; kept with the results.")

    @field_validator("url")
    @classmethod
    def _path_or_http(cls, url: str) -> str:
        if "://" in url and not url.startswith(REMOTE):
            raise ValueError(f"'{url}' is neither a path nor http(s); download it and give its path")
        return url

    @property
    def remote(self) -> bool:
        return self.url.startswith(REMOTE)

    @property
    def path(self) -> Path:
        """The local file (of a source that is not remote)."""
        return Path(self.url).expanduser()


class RasterMosaic(Source):
    """A raster that exists: an optical mosaic or a terrain model."""

    kind: Literal["image", "dtm"] = Field(
        description="`image`: an optical mosaic. `dtm`: a terrain model, which the pipeline shades."
    )
    body: Name = Field(description="Name of an entry of `bodies`.")
    nodata: float | None = Field(None, description="Value that means no data, where the file does not say so itself.")
    pixel_size_m: float | None = Field(
        None, gt=0, description="Size of a pixel on the ground; read from the file where that is local."
    )


class SimulatedMosaic(Settings):
    """A Moon that the project makes itself, with every crater known."""

    kind: Literal["simulated"] = Field(description="`simulated`: made from a seed, needs no data.")
    body: Name = Field("moon", description="Name of an entry of `bodies`.")
    seed: int = Field(0, ge=0, description="The same seed gives the same Moon.")
    pixel_size_m: float = Field(100.0, gt=0, description="Size of a pixel on the ground, in metres.")
    bounds: Degrees = Field(description="[west, south, east, north] in degrees, east positive.")
    simulation: SimulationSettings = Field(
        default_factory=SimulationSettings, description="Craters, terrain and imaging of the simulated Moon."
    )

    _bounds = field_validator("bounds")(check_bounds)


class FileCatalogue(Source):
    """A published catalogue of craters."""

    format: Literal["robbins", "wang_wu", "table"] = Field(
        description="`robbins`: the 21 columns of Robbins (2019). `wang_wu`: LU1319381. `table`: lon, lat, diameter_km."
    )
    complete_km: float = Field(1.0, ge=0, description="Diameter in km from which the catalogue is complete.")


class SimulatedCatalogue(Settings):
    """The exact catalogue of a simulated mosaic."""

    format: Literal["simulated"] = Field(description="`simulated`: the catalogue of a simulated mosaic.")
    mosaic: Name = Field(description="Name of an entry of `mosaics` whose kind is `simulated`.")
    complete_km: float | None = Field(
        None, ge=0, description="Diameter in km from which it is complete (null: that of its smallest craters)."
    )


Mosaic = Annotated[RasterMosaic | SimulatedMosaic, Field(discriminator="kind")]
Catalogue = Annotated[FileCatalogue | SimulatedCatalogue, Field(discriminator="format")]


class BodyEntry(Settings):
    """A planetary body, taken as a sphere."""

    radius_m: float = Field(gt=0, description="Radius of the reference sphere in metres.")


class Region(Settings, extra="allow"):
    """An area whose craters are wanted. Any stage's section given here wins over the global one."""

    __pydantic_extra__: dict[str, dict[str, Any]]

    mosaic: Name = Field(description="Name of an entry of `mosaics`.")
    catalogue: Name | None = Field(
        None, description="Name of an entry of `catalogues`; without one nothing can be trained or judged."
    )
    bounds: Degrees = Field(
        description="[west, south, east, north] in degrees, east positive; west > east crosses the antimeridian."
    )
    title: str | None = Field(None, description="Heading of the report (null: the region's name).")

    _bounds = field_validator("bounds")(check_bounds)

    @property
    def overrides(self) -> dict[str, dict[str, Any]]:
        """Sections of stages given for this region alone."""
        return self.__pydantic_extra__


class Configuration(Settings):
    """Everything the workflow may be told."""

    bodies: dict[Name, BodyEntry] = Field(description="Planetary bodies.")
    mosaics: dict[Name, Mosaic] = Field(description="Imagery and terrain models.")
    catalogues: dict[Name, Catalogue] = Field(default_factory=dict, description="Craters already known.")
    regions: dict[Name, Region] = Field(min_length=1, description="Areas whose craters are wanted.")
    reprojection: ReprojectionSettings = Field(default_factory=ReprojectionSettings)
    shading: ShadingSettings = Field(default_factory=ShadingSettings)
    tiling: TilingSettings = Field(default_factory=TilingSettings)
    labels: LabelSettings = Field(default_factory=LabelSettings)
    split: SplitSettings = Field(default_factory=SplitSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    inference: InferenceSettings = Field(default_factory=InferenceSettings)
    merging: MergingSettings = Field(default_factory=MergingSettings)
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)

    def stage(self, region: str, section: str) -> Settings:
        """A stage's settings for one region: the global section with the region's overrides merged in."""
        common: Settings = getattr(self, section)
        override = self.regions[region].overrides.get(section)
        if not override:
            return common
        return type(common).model_validate(deep_merge(common.model_dump(exclude_unset=True), override))

    def problems(self) -> Iterator[str]:
        """What no single entry can know: names that lead nowhere, regions that cannot be run."""
        for name, mosaic in self.mosaics.items():
            if mosaic.body not in self.bodies:
                yield f"mosaics.{name}.body: no body '{mosaic.body}'; add it to bodies, or use one of {names(self.bodies)}"
        for name, catalogue in self.catalogues.items():
            if isinstance(catalogue, SimulatedCatalogue) and not isinstance(
                self.mosaics.get(catalogue.mosaic), SimulatedMosaic
            ):
                yield f"catalogues.{name}.mosaic: '{catalogue.mosaic}' is no mosaic of kind simulated; name one"
        for name, region in self.regions.items():
            yield from self._region_problems(name, region)

    def _region_problems(self, name: str, region: Region) -> Iterator[str]:
        if region.mosaic not in self.mosaics:
            yield f"regions.{name}.mosaic: no mosaic '{region.mosaic}'; add it to mosaics, or use one of {names(self.mosaics)}"
        if region.catalogue is not None and region.catalogue not in self.catalogues:
            yield (
                f"regions.{name}.catalogue: no catalogue '{region.catalogue}'; add it to catalogues, or use one of "
                f"{names(self.catalogues)}"
            )
        training, model = self.stage(name, "training"), self.stage(name, "model")
        assert isinstance(training, TrainingSettings)
        assert isinstance(model, ModelSettings)
        if training.enabled and region.catalogue is None:
            yield (
                f"regions.{name}.catalogue: missing, so there is nothing to train on; name a catalogue, or set "
                f"regions.{name}.training.enabled: false to use the initial weights as they are"
            )
        if not training.enabled and model.initial == "none":
            yield (
                f"regions.{name}: training.enabled is false and model.initial is none, so there would be no network; "
                "set model.initial to shipped or to a file, or enable training"
            )


def names(entries: Mapping[str, object]) -> str:
    """Names for a message."""
    return ", ".join(sorted(entries)) or "(none are configured)"


def deep_merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `override` laid over it; mappings merge key by key, anything else is replaced."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = deep_merge(merged[key], value) if both else value
    return merged
