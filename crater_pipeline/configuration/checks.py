"""What no single entry of the configuration can know: names that lead nowhere, regions that cannot be run."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from crater_pipeline.baselines.settings import LEARNED, BaselineSettings
from crater_pipeline.configuration.entries import Configuration, Region
from crater_pipeline.configuration.initial_weights import circular_weights
from crater_pipeline.configuration.sources import SimulatedCatalogue, SimulatedMosaic
from crater_pipeline.configuration.variants import comparison_problems, zone_names
from crater_pipeline.errors import UserError
from crater_pipeline.export.dating import DatingSettings, chronology_of
from crater_pipeline.models.initial import NONE, initial_weights
from crater_pipeline.models.settings import ModelSettings, view_of
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.settings import TrainingSettings

RESERVED = ("simulated", "downloads", "catalogues", "pretraining", "comparisons", "logs", "benchmarks")
"""Folders of `results/` that are no region's."""


def problems(configuration: Configuration) -> Iterator[str]:
    """One `path.of.key: what is wrong; what to do` per problem."""
    for name, mosaic in configuration.mosaics.items():
        if mosaic.body not in configuration.bodies:
            yield f"mosaics.{name}.body: no body '{mosaic.body}'; {remedy('bodies', configuration.bodies)}"
    for name, catalogue in configuration.catalogues.items():
        if isinstance(catalogue, SimulatedCatalogue) and not isinstance(
            configuration.mosaics.get(catalogue.mosaic), SimulatedMosaic
        ):
            yield f"catalogues.{name}.mosaic: '{catalogue.mosaic}' is no mosaic of kind simulated; name one"
    yield from unfit_for_pretraining(configuration)
    for name, region in configuration.regions.items():
        yield from dangling_names(configuration, name, region)
        yield from untrainable(configuration, name, region)
        yield from circular_weights(configuration, name)
        yield from unfit_baseline(configuration, name)
        yield from unfit_for_zones(configuration, name)
        yield from undatable(configuration, name, region)
    yield from comparison_problems(configuration)


def unfit_for_pretraining(configuration: Configuration) -> Iterator[str]:
    """Regions that the shipped weights cannot be trained on."""
    known = [name for name in configuration.pretraining.regions if name in configuration.regions]
    for name in configuration.pretraining.regions:
        if name not in known:
            yield f"pretraining.regions: no region '{name}'; {remedy('regions', configuration.regions)}"
    for name in known:
        region = configuration.regions[name]
        if region.catalogue is None:
            yield f"pretraining.regions: region '{name}' has no catalogue to learn from; give it one, or leave it out"
        shown = view_of(configuration.model.backbone)
        if region.mosaic in configuration.mosaics and shown == "terrain" and not configuration.is_dtm(name):
            yield (
                f"pretraining.regions: the mosaic of '{name}' is an image, and {configuration.model.backbone} is shown "
                "terrain; leave it out"
            )
    for name, other in combinations(known, 2):
        first, second = (Bounds(*configuration.regions[n].bounds) for n in (name, other))
        if first.overlaps(second):
            yield (
                f"pretraining.regions: '{name}' and '{other}' overlap, so that ground kept out of training in the one "
                "may be learned in the other; move one of them"
            )


def dangling_names(configuration: Configuration, name: str, region: Region) -> Iterator[str]:
    """Names in a region that lead nowhere, and a name that cannot be a region's."""
    if name in RESERVED:
        yield f"regions.{name}: '{name}' is a folder of results that no region may have; rename the region"
    if region.mosaic not in configuration.mosaics:
        yield f"regions.{name}.mosaic: no mosaic '{region.mosaic}'; {remedy('mosaics', configuration.mosaics)}"
    if region.catalogue is not None and region.catalogue not in configuration.catalogues:
        advice = remedy("catalogues", configuration.catalogues)
        yield f"regions.{name}.catalogue: no catalogue '{region.catalogue}'; {advice}"
    yield from unfit_terrain(configuration, name, region)
    for witness in region.witnesses:
        if witness not in configuration.catalogues:
            advice = remedy("catalogues", configuration.catalogues)
            yield f"regions.{name}.witnesses: no catalogue '{witness}'; {advice}"


def unfit_terrain(configuration: Configuration, name: str, region: Region) -> Iterator[str]:
    """A mosaic to measure depths on that is none."""
    if region.depth_from is None:
        return
    key, mosaic = f"regions.{name}.depth_from", configuration.mosaics.get(region.depth_from)
    own = configuration.mosaics.get(region.mosaic)
    if mosaic is None:
        yield f"{key}: no mosaic '{region.depth_from}'; {remedy('mosaics', configuration.mosaics)}"
    elif mosaic.kind == "image":
        yield f"{key}: '{region.depth_from}' is an image, which has no heights; name a mosaic of kind dtm"
    elif own is not None and mosaic.body != own.body:
        yield f"{key}: '{region.depth_from}' shows {mosaic.body}, the region {own.body}; name a mosaic of the same body"


def untrainable(configuration: Configuration, name: str, region: Region) -> Iterator[str]:
    """Combinations of catalogue, training and initial weights that leave no network."""
    training, model = configuration.stage(name, TrainingSettings), configuration.stage(name, ModelSettings)
    if training.enabled and region.catalogue is None:
        yield (
            f"regions.{name}.catalogue: missing, so there is nothing to train on; name a catalogue, or set "
            f"regions.{name}.training.enabled: false to use the initial weights as they are"
        )
    if not training.enabled and model.initial == NONE:
        yield (
            f"regions.{name}: training.enabled is false and model.initial is none, so there would be no network; "
            "set model.initial to shipped or to a file, or enable training"
        )
    try:
        initial_weights(model)
    except UserError as error:
        yield f"regions.{name}.{error}"
    if view_of(model.backbone) == "terrain" and not configuration.is_dtm(name):
        yield (
            f"regions.{name}.model.backbone: {model.backbone} is shown terrain, but the region's mosaic is an image; "
            "leave the backbone out, or name one for images"
        )


def unfit_baseline(configuration: Configuration, name: str) -> Iterator[str]:
    """Another method that lacks what it needs."""
    baseline, training = configuration.stage(name, BaselineSettings), configuration.stage(name, TrainingSettings)
    if baseline.method == "published" and baseline.catalogue not in configuration.catalogues:
        advice = remedy("catalogues", configuration.catalogues)
        yield f"regions.{name}.baseline.catalogue: no catalogue '{baseline.catalogue}' to take for detections; {advice}"
    if baseline.method not in LEARNED:
        return
    if baseline.learned_in is not None:
        yield from unfit_teacher(configuration, name, baseline.learned_in)
    elif not training.enabled:
        yield (
            f"regions.{name}.training.enabled: false, but {baseline.method} learns from the region's craters; set it "
            "to true, name a region in baseline.learned_in, or take another baseline.method"
        )


def unfit_teacher(configuration: Configuration, name: str, where: str) -> Iterator[str]:
    """A region that another method cannot have learned in what it searches `name` with."""
    key = f"regions.{name}.baseline.learned_in"
    if where not in configuration.regions:
        yield f"{key}: no region '{where}'; {remedy('regions', configuration.regions)}"
        return
    mine, theirs = (configuration.stage(each, BaselineSettings) for each in (name, where))
    if theirs.method != mine.method or theirs.learned_in is not None:
        yield f"{key}: in '{where}' {mine.method} does not learn; give that region baseline: {{method: {mine.method}}}"
    if all(configuration.regions[each].mosaic in configuration.mosaics for each in (name, where)) and (
        configuration.is_dtm(name) != configuration.is_dtm(where)
    ):
        yield f"{key}: one of '{where}' and '{name}' is terrain and the other an image; name a region of the same kind"


def undatable(configuration: Configuration, name: str, region: Region) -> Iterator[str]:
    """A region to be dated on a body that has no chronology here."""
    dating, mosaic = configuration.stage(name, DatingSettings), configuration.mosaics.get(region.mosaic)
    if dating.program and mosaic is not None:
        try:
            chronology_of(mosaic.body, dating)
        except UserError as error:
            yield f"regions.{name}.{error}"


def unfit_for_zones(configuration: Configuration, name: str) -> Iterator[str]:
    """What a region that is searched by zones cannot have."""
    if configuration.regions[name].mosaic not in configuration.mosaics:
        return
    count = len(zone_names(configuration, name))
    if not count:
        return
    why = f"the region is searched by {count} zones, for no conformal map shows all of it (or by zoning.max_side_deg)"
    if configuration.stage(name, TrainingSettings).enabled:
        yield (
            f"regions.{name}.training.enabled: {why}, and nothing can be trained on such a region; set it to false, or "
            "train on a smaller one and name its weights in model.initial"
        )
    if configuration.stage(name, BaselineSettings).method:
        yield f"regions.{name}.baseline.method: {why}, which other methods do not do; choose smaller bounds"
    if configuration.stage(name, SplitSettings).learned_before:
        yield f"regions.{name}.split.learned_before: {why}, and no weights learned from such a split; set it to false"
    if name in configuration.pretraining.regions:
        yield f"pretraining.regions: '{name}': {why}; choose smaller bounds, or leave it out"


def remedy(section: str, entries: Mapping[str, object]) -> str:
    """What to do about a name that is not in a section."""
    known = ", ".join(sorted(entries)) or "(none is configured)"
    return f"add it to {section}, or use one of: {known}"
