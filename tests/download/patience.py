"""Little patience: a silence of the tests' server lasts far longer."""

from crater_pipeline.download.http import Patience

IMPATIENT = Patience(silence_s=0.3, connect_s=2.0)
