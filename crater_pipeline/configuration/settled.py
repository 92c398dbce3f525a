"""What a configuration settles for one region: its ground, sources, and the settings of its stages."""

from dataclasses import dataclass
from functools import cached_property
from math import degrees
from typing import Self

from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.configuration import limits as derived
from crater_pipeline.configuration.entries import Configuration, Region, Stage, Zone
from crater_pipeline.configuration.initial_weights import InitialWeights
from crater_pipeline.configuration.provided import provided_part
from crater_pipeline.configuration.sources import Catalogue, Mosaic, RasterMosaic
from crater_pipeline.configuration.variants import zone_names
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.download.coverage import Wanted
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.settings import ModelSettings, view_of
from crater_pipeline.rasters.appraisal import NO_NODATA
from crater_pipeline.rasters.reprojection import ReprojectionSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import zone_margin_px
from crater_pipeline.training.settings import TrainingSettings

CONTEXT_ALLOWANCE = 1.1
"""A downloaded window is larger than the reprojection's margin by this factor, since the projection turns it."""


@dataclass(frozen=True)
class SettledRegion:
    """One region of a configuration, derived values filled in."""

    name: str
    configuration: Configuration

    @property
    def region(self) -> Region:
        return self.configuration.regions[self.name]

    @cached_property
    def zones(self) -> list[Self]:
        """The region's zones, each searched by jobs of its own; empty for a region that is searched as a whole."""
        return [type(self)(name, self.configuration) for name in zone_names(self.configuration, self.name)]

    @property
    def zone(self) -> tuple[float, float, float, float] | None:
        """Bounds of the zone that this is of a larger region."""
        return self.region.bounds if isinstance(self.region, Zone) else None

    @property
    def area(self) -> tuple[float, float, float, float]:
        """What the region's raster is made for: the bounds, or the zone."""
        return self.zone or self.bounds

    @property
    def network(self) -> str:
        """Name of the region whose weights search this one: its own, or for a zone that of the whole region."""
        return self.region.part_of if isinstance(self.region, Zone) else self.name

    @cached_property
    def ground(self) -> str:
        """Name of the region whose reprojected raster this one uses: its own, or that of the region it is `like`.

        Folds and variants of a model differ in what is learned, not in what is seen.
        """
        if self._like is None:
            return self.name
        mine, theirs = (
            (plan.region.mosaic, plan.region.bounds, plan.bounds, plan.stage(ReprojectionSettings))
            for plan in (self, self._like)
        )
        return self._like.ground if mine == theirs else self.name

    @cached_property
    def lit_ground(self) -> str:
        """Name of the region whose shaded terrain this one uses: one of the same ground under the same light."""
        if (
            self._like is None
            or self.ground == self.name
            or self.stage(ShadingSettings) != self._like.stage(ShadingSettings)
        ):
            return self.name
        return self._like.lit_ground

    @property
    def _like(self) -> Self | None:
        return None if self.region.like is None else type(self)(self.region.like, self.configuration)

    @property
    def title(self) -> str:
        return self.region.title or self.name.replace("_", " ").capitalize()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The area whose craters are wanted; for a zone all of the region that it belongs to."""
        return self.configuration.regions[self.network].bounds

    @cached_property
    def mosaic(self) -> Mosaic:
        """Where the region's raster comes from."""
        return self.source_of_mosaic(self.region.mosaic)

    def source_of_mosaic(self, name: str) -> Mosaic:
        """Where a mosaic comes from; a file of the region's part of it where `sources` has one."""
        entry, sources = self.configuration.mosaics[name], self.configuration.sources
        if sources is None or not isinstance(entry, RasterMosaic) or not entry.remote:
            return entry
        part = provided_part(sources, entry, self.wanted_of(name))
        return entry if part is None else entry.model_copy(update={"url": str(part), "band": None, "mirrors": ()})

    @property
    def _mosaic_entry(self) -> Mosaic:
        return self.configuration.mosaics[self.region.mosaic]

    def wanted_of(self, name: str) -> Wanted:
        """The part of a remote mosaic that is fetched for the region."""
        entry = self.configuration.mosaics[name]
        band, nodata = (entry.band, entry.nodata) if isinstance(entry, RasterMosaic) else (None, None)
        value = None if nodata == NO_NODATA else nodata
        return Wanted(Bounds(*self.area), self.body, self._margin_deg(entry), band, value)

    @property
    def catalogue_name(self) -> str | None:
        return self.region.catalogue

    @property
    def catalogue(self) -> Catalogue | None:
        return None if self.catalogue_name is None else self.configuration.catalogues[self.catalogue_name]

    @property
    def witnesses(self) -> list[str]:
        """`name=km` of each, with the diameter from which it is complete."""
        known = self.configuration.catalogues
        return [
            f"{name}={derived.completeness_km(known[name], self.configuration):g}" for name in self.region.witnesses
        ]

    @property
    def body(self) -> Body:
        return body(self.configuration, self._mosaic_entry.body)

    @property
    def kind(self) -> str:
        """`image` or `dtm`: what the region's raster shows. A simulated mosaic is an image."""
        return "dtm" if self.configuration.is_dtm(self.name) else "image"

    @property
    def suns(self) -> int:
        """Suns under which the region is searched; an image has its own."""
        view = view_of(self.stage(ModelSettings).backbone)
        return self.stage(InferenceSettings).suns_for(view) if self.kind == "dtm" else 1

    @property
    def band(self) -> int | None:
        """Band of the mosaic that the configuration names; a downloaded window has only that one."""
        return self.mosaic.band if isinstance(self.mosaic, RasterMosaic) and not self.mosaic.remote else None

    @property
    def nodata(self) -> float | str | None:
        """Value that the mosaic's configuration declares as no data, or `none`."""
        return self.mosaic.nodata if isinstance(self.mosaic, RasterMosaic) else None

    @property
    def elevation_unit(self) -> float | str | None:
        """Unit of the mosaic's elevations by its configuration."""
        return self.mosaic.elevation_unit if isinstance(self.mosaic, RasterMosaic) else None

    @property
    def acquired(self) -> str | None:
        """First and last day of the measurements, `2009-11-01/2011-02-28`, where the configuration has them."""
        days = self.mosaic.acquired if isinstance(self.mosaic, RasterMosaic) else None
        return None if days is None else "/".join(day.isoformat() for day in days)

    @property
    def method(self) -> str | None:
        """The method that searches the region in our network's place; None: the network does."""
        return self.stage(BaselineSettings).method

    @property
    def trained(self) -> bool:
        return self.stage(TrainingSettings).enabled

    def stage(self, stage: type[Stage]) -> Stage:
        """Settings of a stage for this region, derived values filled in."""
        settings = self.configuration.stage(self.name, stage)
        if isinstance(settings, ReprojectionSettings) and self.zone:
            pixel_m = settings.pixel_size_m or derived.mosaic_pixel_size_m(self._mosaic_entry)
            margin_px = zone_margin_px(Bounds(*self.zone), pixel_m, self.body)
            return settings.model_copy(update={"margin_px": margin_px})
        if not isinstance(settings, LabelSettings | EvaluationSettings) or settings.min_diameter_km is not None:
            return settings
        least = derived.least_label_km if stage is LabelSettings else derived.least_judged_km
        derived_km = least(self.kind, self.pixel_size_m, self.complete_km)
        return stage.model_validate({**settings.model_dump(exclude_unset=True), "min_diameter_km": derived_km})

    @property
    def reprojection(self) -> ReprojectionSettings:
        return self.stage(ReprojectionSettings)

    @cached_property
    def pixel_size_m(self) -> float:
        """Pixel of the region's raster on the ground, in metres."""
        own = self.configuration.stage(self.name, ReprojectionSettings).pixel_size_m
        return own or derived.mosaic_pixel_size_m(self.mosaic)

    @property
    def complete_km(self) -> float:
        """Diameter from which the region's catalogue is complete."""
        return derived.completeness_km(self.catalogue, self.configuration)

    def _margin_deg(self, mosaic: Mosaic) -> float:
        """Degrees of latitude beyond the bounds that are read as context."""
        if self.zones:
            return max(zone._margin_deg(mosaic) for zone in self.zones)
        pixel_size_m = self.reprojection.pixel_size_m or derived.mosaic_pixel_size_m(mosaic)
        margin_m = CONTEXT_ALLOWANCE * self.reprojection.margin_px * pixel_size_m
        return round(degrees(margin_m / self.body.radius_m), 4)

    @property
    def initial(self) -> InitialWeights:
        """Where the region's network starts from."""
        return InitialWeights(self.configuration, self.name)


def body(configuration: Configuration, name: str) -> Body:
    """A configured body by name."""
    return Body(name=name, radius_m=configuration.bodies[name].radius_m)
