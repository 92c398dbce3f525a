"""Where imagery and craters come from: the entries of `mosaics` and `catalogues`."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, StringConstraints, field_validator

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.appraisal import NO_NODATA
from crater_pipeline.rasters.units import METRES, ElevationUnit
from crater_pipeline.settings import Settings, open_address, plain_path
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bounds import Bounds

REMOTE = ("http://", "https://")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

Degrees = tuple[float, float, float, float]

WHOLE_BODY: Degrees = (-180.0, -90.0, 180.0, 90.0)


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
        None,
        pattern="^[0-9a-f]{64}$",
        description="Checksum of the remote file (null: not checked). A mosaic with one is "
        "downloaded whole, once for all its regions.",
    )
    mirrors: tuple[str, ...] = Field(
        (), description="Other `https://...` of the same file, tried in this order where `url` does not work."
    )
    size_bytes: int | None = Field(None, ge=1, description="Size of the remote file (null: not checked).")
    citation: str | None = Field(None, description="How its authors want to be cited; kept with the results.")
    licence: str | None = Field(None, description="Terms under which it may be used; kept beside a download.")

    @field_validator("url")
    @classmethod
    def _path_or_http(cls, url: str) -> str:
        open_address(url)
        if "://" in url and not url.startswith(REMOTE):
            raise ValueError(f"'{url}' is neither a path nor http(s); download it and give its path")
        return url if url.startswith(REMOTE) else plain_path(url)

    @field_validator("mirrors")
    @classmethod
    def _http(cls, mirrors: tuple[str, ...]) -> tuple[str, ...]:
        for mirror in mirrors:
            if not open_address(mirror).startswith(REMOTE):
                raise ValueError(f"'{mirror}' is not http(s); a file of your own goes into url")
        return mirrors

    @property
    def urls(self) -> tuple[str, ...]:
        """All its addresses (of a remote source), in the order in which they are tried."""
        return (self.url, *self.mirrors)

    @property
    def remote(self) -> bool:
        return self.url.startswith(REMOTE)

    @property
    def path(self) -> Path:
        """The local file (of a source that is not remote)."""
        return Path(self.url).expanduser()


def _number_or(value: Any, names: tuple[str, ...]) -> Any:
    """A number, or one of the names; else a `ValueError` that lists them."""
    if isinstance(value, bool) or not (value is None or isinstance(value, int | float) or value in names):
        raise ValueError(f"must be a number, or {' or '.join(names)}")
    return value


class RasterMosaic(Source):
    """A raster that exists: an optical mosaic or a terrain model."""

    kind: Literal["image", "dtm"] = Field(
        description="`image`: an optical mosaic. `dtm`: a terrain model, which the pipeline shades."
    )
    body: Name = Field(description="Name of an entry of `bodies`.")
    band: int | None = Field(
        None, ge=1, description="Band to take, from 1 (null: the first, or the luminance of a colour image)."
    )
    nodata: float | Literal["none"] | None = Field(
        None,
        description="Stored value that means no data, where the file does not say so itself (null: what looks like it, "
        "with a warning; `none`: nothing more than the file says).",
    )
    elevation_unit: ElevationUnit | PositiveFloat | None = Field(
        None,
        description="Unit of a terrain model's values: m, km, dm, cm, mm, ft, or the metres that it has (null: the "
        "file's, else metres).",
    )
    pixel_size_m: float | None = Field(
        None, gt=0, description="Size of a pixel on the ground; read from the file where that is local."
    )
    acquired: tuple[date, date] | None = Field(
        None,
        description="First and last day of the measurements, such as [2009-11-01, 2011-02-28]; only the STAC item says "
        "it (null: not known).",
    )

    @field_validator("acquired")
    @classmethod
    def _first_then_last(cls, days: tuple[date, date] | None) -> tuple[date, date] | None:
        if days is not None and days[0] > days[1]:
            raise ValueError(f"the first day, {days[0]}, comes after the last, {days[1]}; exchange them")
        return days

    @field_validator("nodata", mode="before")
    @classmethod
    def _number_or_none(cls, value: Any) -> Any:
        """One message instead of one for each thing that it might be."""
        return _number_or(value, (NO_NODATA,))

    @field_validator("elevation_unit", mode="before")
    @classmethod
    def _number_or_unit(cls, value: Any) -> Any:
        return _number_or(value, tuple(METRES))


class SimulatedMosaic(Settings):
    """Ground of the Moon, Mars or Mercury that the project makes itself, with every crater known."""

    kind: Literal["simulated"] = Field(description="`simulated`: made from a seed, needs no data.")
    body: Name = Field("moon", description="Name of an entry of `bodies`.")
    seed: int = Field(0, ge=0, description="The same seed gives the same ground.")
    pixel_size_m: float = Field(100.0, gt=0, description="Size of a pixel on the ground, in metres.")
    bounds: Degrees = Field(description="[west, south, east, north] in degrees, east positive.")
    simulation: SimulationSettings = Field(
        default_factory=SimulationSettings, description="Craters, terrain and imaging of the simulated ground."
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
