"""Regions that follow from other regions: variants (`like`), folds of a cross-validation (`folds`), and zones."""

from collections.abc import Iterator, Mapping
from typing import Any

from crater_pipeline.configuration.entries import Configuration, Region, Zone, deep_merge
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import ZoningSettings, zones
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.settings import TrainingSettings

NOT_INHERITED = ("title",)
"""Keys of a region that a region `like` it does not take over."""


def with_inherited(regions: Any) -> Any:
    """The `regions` of a raw configuration, each that is `like` another one laid over that one.

    What is not of the expected shape is left as it is, for the validation to complain of. Raises `UserError` if
    `like` names no region or leads back to itself.
    """
    if not isinstance(regions, Mapping):
        return regions
    return {name: _inherited(name, regions, ()) for name in regions}


def _inherited(name: str, regions: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    region = regions[name]
    other = region.get("like") if isinstance(region, Mapping) else None
    if not isinstance(other, str):
        return region
    if other in (*above, name):
        raise UserError(f"configuration: regions.{name}.like: '{other}' is like '{name}' in turn; name another region")
    if other not in regions:
        known = ", ".join(sorted(each for each in regions if each != name)) or "(there is no other)"
        raise UserError(f"configuration: regions.{name}.like: no region '{other}'; use one of: {known}")
    base = _inherited(other, regions, (*above, name))
    if not isinstance(base, Mapping):
        return region
    return deep_merge({key: value for key, value in base.items() if key not in NOT_INHERITED}, region)


def fold_names(configuration: Configuration, name: str) -> list[str]:
    """Names of a region's folds; empty for a region without any.

    Where nothing is trained, all of a region is test, so it has no folds either.
    """
    training = configuration.stage(name, TrainingSettings)
    folds = configuration.regions[name].folds
    return [f"{name}_fold{k}" for k in range(1, folds + 1)] if folds and training.enabled else []


def with_folds(configuration: Configuration) -> Configuration:
    """The configuration with one more region a fold: `<region>_fold1` ... `<region>_fold<n>`.

    The test parts of a region's folds share no ground and cover it together. Raises `UserError` if a name is taken.
    """
    added: dict[str, Region] = {}
    for name in configuration.regions:
        for number, fold in enumerate(fold_names(configuration, name)):
            if fold in configuration.regions:
                raise UserError(
                    f"configuration: regions.{fold}: regions.{name}.folds makes a region of this name; rename this one"
                )
            added[fold] = _fold(configuration, name, number)
    return configuration.model_copy(update={"regions": {**configuration.regions, **added}})


def _fold(configuration: Configuration, name: str, number: int) -> Region:
    region = configuration.regions[name]
    assert region.folds is not None
    split = configuration.stage(name, SplitSettings)
    share, validation = 1 / region.folds, split.fractions[1]
    if share + validation >= 1:
        raise UserError(
            f"configuration: regions.{name}.folds: {region.folds} folds and a validation share of {validation:g} "
            "leave nothing to train on; more folds, or a smaller split.fractions"
        )
    own = region.model_dump(exclude_unset=True, exclude={"folds", "title"})
    fractions = (1 - share - validation, validation, share)
    update = {
        "like": name,
        "title": f"{region.title or name.replace('_', ' ').capitalize()}, fold {number + 1} of {region.folds}",
        "split": {"folds": region.folds, "fold": number, "fractions": fractions},
    }
    return Region.model_validate(deep_merge(own, update))


def zone_names(configuration: Configuration, name: str) -> list[str]:
    """Names of a region's zones; empty for a region that is searched as a whole."""
    if isinstance(configuration.regions[name], Zone):
        return []
    count = len(_zones(configuration, name))
    digits = max(2, len(str(count)))
    return [f"{name}_zone_{k:0{digits}}" for k in range(1, count + 1)] if count > 1 else []


def _zones(configuration: Configuration, name: str) -> tuple[Bounds, ...]:
    side_deg = configuration.stage(name, ZoningSettings).max_side_deg
    return zones(Bounds(*configuration.regions[name].bounds), side_deg)


def with_zones(configuration: Configuration) -> Configuration:
    """The configuration with one more region a zone: `<region>_zone_01` ..., which share no ground and cover all of it.

    A variant's zones are like those of the region that it is like, whose rasters they can use. Raises `UserError` if a
    name is taken.
    """
    added: dict[str, Region] = {}
    for name, region in configuration.regions.items():
        names = zone_names(configuration, name)
        for number, (zone, bounds) in enumerate(zip(names, _zones(configuration, name), strict=False), start=1):
            if zone in configuration.regions:
                raise UserError(
                    f"configuration: regions.{zone}: regions.{name} has a zone of this name; rename this one"
                )
            other = zone_names(configuration, region.like) if region.like else []
            update = {
                "bounds": tuple(bounds),
                "title": f"{region.title or name.replace('_', ' ').capitalize()}, zone {number} of {len(names)}",
                "like": other[number - 1] if len(other) == len(names) else None,
                "part_of": name,
                "of": (number, len(names)),
            }
            own = region.model_dump(exclude_unset=True, exclude={"folds"})
            added[zone] = Zone.model_validate({**own, **update})
    return configuration.model_copy(update={"regions": {**configuration.regions, **added}})


def compared_regions(configuration: Configuration, comparison: str) -> dict[str, list[str]]:
    """Regions of each entry of a comparison by label, those with folds replaced by their folds."""
    entries = configuration.comparisons[comparison].entries
    return {
        label: [each for name in names for each in fold_names(configuration, name) or [name]]
        for label, names in entries.items()
    }


def comparison_problems(configuration: Configuration) -> Iterator[str]:
    """What makes a comparison impossible."""
    for name, comparison in configuration.comparisons.items():
        bodies = set()
        for label, regions in comparison.entries.items():
            key = f"comparisons.{name}.entries.{label}"
            if not regions:
                yield f"{key}: empty; list one or more regions"
            if len(set(regions)) < len(regions):
                yield f"{key}: names a region twice; its craters would count twice"
            for region in regions:
                entry = configuration.regions.get(region)
                if entry is None:
                    yield f"{key}: no region '{region}'; use one of: {', '.join(sorted(configuration.regions))}"
                elif entry.catalogue is None:
                    yield f"{key}: region '{region}' has no catalogue to be judged by; give it one, or leave it out"
                elif entry.mosaic in configuration.mosaics:
                    bodies.add(configuration.mosaics[entry.mosaic].body)
        if len(bodies) > 1:
            yield f"comparisons.{name}: regions of different bodies ({', '.join(sorted(bodies))}); compare one body"
