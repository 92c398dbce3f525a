"""Which files a region needs that somebody else has made: its mosaics and its catalogues."""

from collections.abc import Iterator
from dataclasses import dataclass

from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.configuration.entries import Configuration
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.provided import part_name
from crater_pipeline.configuration.sources import RasterMosaic, Source
from crater_pipeline.contents import Content
from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.origin import Origin, file_name


@dataclass(frozen=True)
class Need:
    """A file, or a part of one. key: where the configuration names it; part: what of a raster is needed, None: all."""

    key: str
    source: Source
    content: Content
    part: Wanted | None
    name: str
    """What it is called in a folder of sources."""

    @property
    def origin(self) -> Origin:
        source = self.source
        return Origin(source.urls, source.sha256, source.size_bytes, source.citation, source.licence)


def given_sources(plan: RegionPlan) -> dict[str, Source]:
    """The region's mosaics and catalogues, those that are files, by their keys in the configuration."""
    mosaics = [name for name in (plan.region.mosaic, plan.region.depth_from) if name is not None]
    known, baseline = plan.configuration.catalogues, plan.stage(BaselineSettings).catalogue
    names = [name for name in (plan.catalogue_name, *plan.region.witnesses, baseline) if name in known]
    found: dict[str, object] = {f"mosaics.{name}": plan.source_of_mosaic(name) for name in mosaics}
    found |= {f"catalogues.{name}": known[name] for name in names}
    return {key: source for key, source in found.items() if isinstance(source, Source)}


def needs_of(configuration: Configuration, region: str) -> list[Need]:
    """What the region needs, and the regions whose weights it starts from."""
    found: dict[tuple[str, str], Need] = {}
    for name in _chain(configuration, region):
        for need in _own_needs(RegionPlan(name, configuration)):
            found.setdefault((need.key, need.name), need)
    return list(found.values())


def _chain(configuration: Configuration, region: str | None) -> Iterator[str]:
    while region is not None:
        yield region
        region = RegionPlan(region, configuration).initial.region


def _own_needs(plan: RegionPlan) -> Iterator[Need]:
    for key, source in given_sources(plan).items():
        whole = not isinstance(source, RasterMosaic) or source.sha256 is not None or not source.remote
        content: Content = "raster" if isinstance(source, RasterMosaic) else "table"
        part = None if whole else plan.wanted_of(key.removeprefix("mosaics."))
        name = file_name(source.url) if whole else part_name(source, plan.name)
        yield Need(f"{key}.url", source, content, part, name)
