"""A style of a layer by a name of its own: QGIS offers all that a GeoPackage holds and applies the default one."""

from typing import NamedTuple

DEFAULT_STYLE = "default"


class NamedStyle(NamedTuple):
    """QML of a layer; names have at most 30 characters."""

    layer: str
    name: str
    qml: str
