"""The methods by name."""

from crater_pipeline.baselines.deepmoon import DeepMoon
from crater_pipeline.baselines.method import Learner
from crater_pipeline.baselines.segmentation import Segmentation
from crater_pipeline.baselines.two_stage import TwoStageLearner

LEARNERS: dict[str, Learner] = {
    "deepmoon": DeepMoon(),
    "segmentation": Segmentation(),
    "two_stage": TwoStageLearner(),
}
