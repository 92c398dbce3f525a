"""What the workflow does for one comparison: its regions, and what they are judged with."""

from dataclasses import dataclass
from functools import cached_property

from crater_pipeline.configuration.entries import Configuration
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.variants import compared_regions
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.sphere.bodies import Body


@dataclass(frozen=True)
class ComparisonPlan:
    """One comparison of a configuration."""

    name: str
    configuration: Configuration

    @cached_property
    def entries(self) -> dict[str, list[str]]:
        """Regions by label, with folds in the place of the regions that have them."""
        return compared_regions(self.configuration, self.name)

    @property
    def pooled(self) -> list[str]:
        """`region,region,...=label` of the entries."""
        return [f"{','.join(names)}={label}" for label, names in self.entries.items()]

    @property
    def regions(self) -> list[str]:
        """Every region once, in the order of the entries."""
        return list(dict.fromkeys(name for names in self.entries.values() for name in names))

    @property
    def title(self) -> str:
        return self.configuration.comparisons[self.name].title or self.name.replace("_", " ").capitalize()

    @property
    def body(self) -> Body:
        return RegionPlan(self.regions[0], self.configuration).body

    @property
    def evaluation(self) -> EvaluationSettings:
        """The global section, with the largest of the regions' diameters: all are judged from the same one."""
        stages = [RegionPlan(name, self.configuration).stage(EvaluationSettings) for name in self.regions]
        least = max(each.min_diameter_km or 0 for each in stages)
        return self.configuration.evaluation.model_copy(update={"min_diameter_km": least})
