"""Where a region's network starts from: nothing, the shipped weights, a file, or what a rule makes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from crater_pipeline.configuration.entries import Configuration
from crater_pipeline.models.initial import SHIPPED, initial_weights, metadata_path
from crater_pipeline.models.settings import ModelSettings

PRETRAINED_WEIGHTS = Path("results/pretraining")
"""Folder of the weights that the section `pretraining` makes."""


@dataclass(frozen=True)
class InitialWeights:
    """A region's `model.initial`, as files of the workflow."""

    configuration: Configuration
    name: str

    @property
    def model(self) -> ModelSettings:
        return self.configuration.stage(self.name, ModelSettings)

    @property
    def region(self) -> str | None:
        """The region of which these are the weights, `results/<region>/weights.safetensors`, if they are a region's."""
        match PurePath(self.model.initial).parts:
            case ("results", region, "weights.safetensors") if region in self.configuration.regions:
                return region
        return None

    @property
    def operating_point(self) -> str | None:
        """Threshold and calibration that were chosen on that region's validation part."""
        return f"results/{self.region}/operating_point.json" if self.region else None

    @property
    def made(self) -> bool:
        """Whether a rule makes them, so that they need not be there yet."""
        return self.region is not None or Path(self.model.initial) == pretrained_weights(self.configuration)

    @property
    def files(self) -> list[str]:
        """The weights and the JSON that describes them, if there; nothing for random ones."""
        weights = initial_weights(self.model)
        if weights is None:
            return []
        if self.model.initial == SHIPPED:
            # Relative, so that a checkout that is moved as a whole reruns nothing.
            weights = Path(os.path.relpath(weights))
        metadata = metadata_path(weights)
        return [str(weights), *([str(metadata)] if self.made or metadata.is_file() else [])]

    def missing(self) -> Iterator[str]:
        """`model.initial: what is wrong and what to do`, if a file is given that is not there."""
        if not self.files or self.made or Path(self.files[0]).exists():
            return
        path = Path(self.files[0])
        if path.parent == PRETRAINED_WEIGHTS:
            choice = f"{{backbone: {self.model.backbone}, initial: none, size_encoding: {self.model.size_encoding}}}"
            command = f"snakemake --cores all --configfile config/pretrain.yaml --config model='{choice}' -- {path}"
            yield f"model.initial: {path} is not there; make it with: {command}"
        else:
            yield f"model.initial: {path} is not there; correct the path (relative ones start at {Path.cwd()})"


def pretrained_weights(configuration: Configuration) -> Path | None:
    """File that the section `pretraining` makes; None where it names no regions to learn from."""
    if not configuration.pretraining.regions:
        return None
    return PRETRAINED_WEIGHTS / f"{configuration.model.backbone}.safetensors"


def circular_weights(configuration: Configuration, name: str) -> Iterator[str]:
    """A region that would need its own weights to make them."""
    passed, region = [name], InitialWeights(configuration, name).region
    while region is not None and region not in passed:
        passed.append(region)
        region = InitialWeights(configuration, region).region
    if region == name:
        yield (
            f"regions.{name}.model.initial: needs results/{name}/weights.safetensors in turn "
            f"({' <- '.join([*passed, name])}); start one of them from shipped, none or another file"
        )
