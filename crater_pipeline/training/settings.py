"""The training protocol."""

from typing import Literal

from pydantic import Field, model_validator

from crater_pipeline.settings import Settings


class TrainingSettings(Settings):
    """Transfer learning in two phases: frozen backbone, then everything."""

    enabled: bool = Field(True, description="`false`: the initial weights are used as they are, nothing is fitted.")
    frozen_epochs: int = Field(1, ge=0, description="Epochs with the backbone frozen (only the heads learn).")
    unfrozen_epochs: int = Field(6, ge=0, description="Epochs with every layer learning.")
    samples_per_epoch: int | None = Field(
        512, ge=1, description="Tiles seen in one epoch, drawn without repetition while they last (null: each once)."
    )
    frozen_batch_size: int = Field(16, ge=1, description="Tiles per step while the backbone is frozen.")
    unfrozen_batch_size: int = Field(8, ge=1, description="Tiles per step afterwards.")
    frozen_learning_rate: float = Field(1e-3, gt=0, description="Adam's step while the backbone is frozen.")
    unfrozen_learning_rate: float = Field(3e-4, gt=0, description="Adam's peak step afterwards (cosine decay).")
    size_weight: float | None = Field(
        None, gt=0, description="Weight of the size loss (null: 0.1 for linear sizes, as published, 1 for logarithms)."
    )
    offset_weight: float = Field(1.0, ge=0, description="Weight of the offset loss.")
    augment: bool = Field(True, description="Flips, quarter turns, scale, contrast, blur and noise.")
    relight: float = Field(
        0.5, ge=0, le=1, description="For terrain models: share of training tiles lit from a random sun."
    )
    averaging_decay: float = Field(
        0.995, ge=0, lt=1, description="Decay per step of the moving average of the weights that is kept (0: none)."
    )
    precision: Literal["auto", "bf16-mixed", "32-true"] = Field(
        "auto", description="Arithmetic; `auto` is bf16 where the processor or GPU multiplies it natively."
    )
    seed: int = Field(0, ge=0, description="Seed of initial heads, order of tiles and augmentation.")
    workers: int = Field(1, ge=0, description="Processes that prepare tiles.")
    processes: int = Field(
        1,
        ge=1,
        description="Processes that share each step's tiles, each with a GPU of its own, or all on the processor; the "
        "batch sizes are multiples of it.",
    )

    @model_validator(mode="after")
    def _shared_out_evenly(self) -> "TrainingSettings":
        for name in ("frozen_batch_size", "unfrozen_batch_size"):
            if size := getattr(self, name) % self.processes:
                raise ValueError(
                    f"{name} leaves {size} over when {self.processes} processes share it; make it a multiple"
                )
        return self

    @model_validator(mode="after")
    def _something_to_do(self) -> "TrainingSettings":
        if self.enabled and self.frozen_epochs + self.unfrozen_epochs == 0:
            raise ValueError("no epochs: set frozen_epochs or unfrozen_epochs, or enabled: false")
        return self


SHARE_TOLERANCE = 1e-6


class PretrainingSettings(Settings):
    """How the shipped weights are made: simulated and real terrain, lit at random, and photographs."""

    regions: tuple[str, ...] = Field(
        (), description="Regions with catalogues to learn from: terrain models and, for networks of pictures, images."
    )
    shares: dict[str, float] = Field(
        default_factory=dict,
        description="Share of the samples that each of these regions gives. What `simulated_share` and they leave is "
        "divided among the other regions by area.",
    )
    simulated_scenes: int = Field(20, ge=0, description="Scenes of simulated terrain.")
    simulated_size_px: int = Field(2048, ge=512, description="Side of a simulated scene.")
    simulated_share: float = Field(0.3, ge=0, le=1, description="Share of the samples cut from simulated scenes.")
    epochs: int = Field(78, ge=1, description="Epochs.")
    samples_per_epoch: int = Field(1024, ge=1, description="Samples in an epoch.")
    batch_size: int = Field(32, ge=1, description="Samples per step.")
    learning_rate: float = Field(1e-3, gt=0, description="Adam's peak step.")
    teacher: str | None = Field(
        None, description="Weights (`.safetensors`) of a larger network to learn from beside the labels: distillation."
    )
    teacher_weight: float = Field(1.0, ge=0, description="Weight of the teacher's loss beside the labels'.")
    averaging_decay: float = Field(0.998, ge=0, lt=1, description="Decay per step of the averaged weights.")
    seed: int = Field(0, ge=0, description="Seed.")
    workers: int = Field(2, ge=0, description="Processes that cut and light samples.")

    @model_validator(mode="after")
    def _shares_leave_nothing_over(self) -> "PretrainingSettings":
        if unknown := sorted(set(self.shares) - set(self.regions)):
            raise ValueError(f"shares: {', '.join(unknown)} is not among the regions")
        if min(self.shares.values(), default=0.0) < 0:
            raise ValueError("shares must not be negative")
        if self.simulated_share > 0 and self.simulated_scenes == 0:
            raise ValueError("simulated_scenes: 0 leaves nothing to cut the simulated_share from; set that to 0 too")
        given = self.simulated_share + sum(self.shares.values())
        others = set(self.regions) - set(self.shares)
        if given > 1 + SHARE_TOLERANCE or (self.regions and not others and given < 1 - SHARE_TOLERANCE):
            raise ValueError(f"simulated_share and shares add up to {given:g}; with all regions named it must be 1")
        return self
