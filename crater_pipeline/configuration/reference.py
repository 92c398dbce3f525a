"""Tables of a settings model's keys, in Markdown."""

import json
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crater_pipeline.configuration.loading import models_in
from crater_pipeline.reporting.markdown import pipe_table
from crater_pipeline.settings import Settings

HEADER = ("key", "type", "default", "meaning")


def stage_tables(stages: Mapping[str, type[Settings]]) -> str:
    """One headed table per stage."""
    return "\n".join(f"### `{name}`\n\n{first_line(model)}\n\n{entry_table(model)}" for name, model in stages.items())


def entry_table(model: type[BaseModel]) -> str:
    """The keys of a model; those of models inside it follow as `outer.inner`."""
    return pipe_table(HEADER, rows(model, "")) + "\n"


def rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    """Cells of a model's fields."""
    for name, field in model.model_fields.items():
        inner = list(models_in(field.annotation))
        if len(inner) == 1 and field.annotation is inner[0]:
            yield f"`{prefix}{name}`", "mapping", "see below", cell(field.description)
            yield from rows(inner[0], f"{prefix}{name}.")
        else:
            kind = cell(type_name(field.annotation))
            yield f"`{prefix}{name}`", kind, default(field), cell(field.description)


def first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").partition("\n")[0]


def cell(text: str | None) -> str:
    """Text that may stand in a table."""
    return (text or "").replace("|", "\\|").replace("\n", " ")


def default(field: FieldInfo) -> str:
    """A field's default as YAML would have it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return f"`{json.dumps(value, default=str)}`"


def type_name(annotation: Any) -> str:
    """A type as a user of YAML would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_name(each) for each in arguments))
    if origin in (tuple, list):
        known = [each for each in arguments if each is not Ellipsis]
        kind = type_name(known[0])
        return f"list of {kind}" if Ellipsis in arguments or origin is list else f"list of {len(known)} {kind}"
    simple = {bool: "true or false", int: "integer", float: "number", str: "text", type(None): "null"}
    return simple.get(annotation, getattr(annotation, "__name__", str(annotation)))
