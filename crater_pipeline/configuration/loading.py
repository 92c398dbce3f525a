"""From the merged YAML to a valid `Configuration`, or to one message that names every wrong key."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from crater_pipeline.configuration.checks import problems
from crater_pipeline.configuration.entries import STAGES, Configuration, Region
from crater_pipeline.configuration.provided import with_provided
from crater_pipeline.configuration.variants import with_folds, with_inherited, with_zones
from crater_pipeline.errors import UserError, excerpt
from crater_pipeline.settings import holds_password


def load(raw: Mapping[str, Any]) -> Configuration:
    """The configuration, checked as a whole. Raises `UserError` that names each wrong key by its path."""
    try:
        document = dict(raw)
        if "regions" in document:
            document["regions"] = with_inherited(document["regions"])
        configuration = Configuration.model_validate(document)
    except ValidationError as error:
        raise report(list(messages(error))) from None
    found = [problem for name in configuration.regions for problem in override_problems(configuration, name)]
    found = found or list(problems(configuration))
    if found:
        raise report(found)
    return with_provided(with_zones(with_folds(configuration)))


def report(found: list[str]) -> UserError:
    """One error of all problems."""
    return UserError("configuration: " + "; ".join(found))


def override_problems(configuration: Configuration, name: str) -> Iterator[str]:
    """Unknown and invalid keys among a region's own sections."""
    for section in configuration.regions[name].overrides:
        if section not in STAGES:
            yield f"regions.{name}.{section}: {unknown(section, [*Region.model_fields, *STAGES])}"
            continue
        try:
            configuration.stage(name, STAGES[section])
        except ValidationError as error:
            yield from messages(error, "regions", name, section)


def messages(error: ValidationError, *prefix: str) -> Iterator[str]:
    """`path.of.key: what is wrong` for each of pydantic's errors."""
    for each in error.errors():
        location = without_tag([*prefix, *map(str, each["loc"])])
        path = ".".join(location) or "(top level)"
        match each["type"]:
            case "extra_forbidden":
                yield f"{path}: {unknown(location[-1], list(known_keys(Configuration)))}"
            case "missing":
                yield f"{path}: required, but missing"
            case "union_tag_not_found":
                yield f"{path}.{'kind' if location[0] == 'mosaics' else 'format'}: required, but missing"
            case "string_pattern_mismatch" if each["loc"][-1] == "[key]":
                yield f"{path}: names consist of a-z, 0-9 and _, and begin with a letter; rename it"
            case _:
                text = each["msg"].removeprefix("Value error, ")
                quoted = repr(each["input"])
                silent = isinstance(each["input"], Mapping) or holds_password(quoted)
                given = "" if silent else f" (it is {excerpt(quoted)})"
                yield f"{path}: {text[:1].lower()}{text[1:]}{given}"


def without_tag(location: list[str]) -> list[str]:
    """Pydantic puts the kind of a mosaic or catalogue, and a mark for keys, into its paths; the YAML has neither."""
    if location[:1] in (["mosaics"], ["catalogues"]) and len(location) > 2 and location[2] != "[key]":
        del location[2]
    return [part for part in location if part != "[key]"]


def unknown(key: str, known: list[str]) -> str:
    """What to say of a key that nothing reads."""
    close = difflib.get_close_matches(key, known, n=1)
    return f"unknown key; did you mean '{close[0]}'?" if close else "unknown key; config/README.md lists every key"


def known_keys(model: type[BaseModel]) -> Iterator[str]:
    """Names of all fields of `model` and of the models inside it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in models_in(field.annotation):
            yield from known_keys(inner)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models named anywhere in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
