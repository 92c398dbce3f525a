"""What a training sample costs: samples a second end to end, and the share of the bare network's own speed.

Run as `python benchmarks/training.py`; simulated terrain only, lit anew for every sample, as in pretraining. Parts:

- sample: cut, light, degrade and encode one patch (one thread);
- bare: forward and backward of the network alone on one batch that lies ready, bf16 where the processor has it;
- step: the same with the losses and the optimiser;
- training: `fit` as pretraining calls it, with Lightning, averaged weights and checkpoints.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from crater_pipeline.models.bfloat16 import native_bf16
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import build_network
from crater_pipeline.training.corpus import simulated_scenes
from crater_pipeline.training.fit import EpochSampler, fit, loader
from crater_pipeline.training.module import Detector, default_size_weight
from crater_pipeline.training.scenes import ScenePatches
from crater_pipeline.training.settings import PretrainingSettings

learner = partial(
    Detector,
    encoding="log",
    size_weight=default_size_weight("log"),
    offset_weight=1.0,
    learning_rate=1e-4,
    frozen_backbone=False,
)


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median time of one call, after one that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="hourglass_compact")
    parser.add_argument("--size", type=int, default=512, help="side of a patch in pixels")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--samples", type=int, default=240, help="length of the training that is timed")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="the network compiled, for bare and step")
    arguments = parser.parse_args()
    model = ModelSettings(backbone=arguments.backbone, initial="none", size_encoding="log")
    with tempfile.TemporaryDirectory() as folder:
        scenes = simulated_scenes(PretrainingSettings(simulated_scenes=1, simulated_size_px=1024), Path(folder))
        network = build_network(model, 0)
        length = max(arguments.samples, 4 * arguments.batch)
        patches = ScenePatches(scenes, [1.0], length, arguments.size, network.stride, 0, network.view)
        numbers = iter(range(10**9))
        sample = seconds(lambda: patches[next(numbers)], 40)

        batch = next(iter(loader(patches, arguments.batch, 0)))
        detector = learner(network, total_steps=1000)
        detector.log_dict = lambda *_a, **_k: None  # type: ignore[method-assign]
        detector.log = lambda *_a, **_k: None  # type: ignore[method-assign]
        optimiser = detector.configure_optimizers()["optimizer"]
        images = batch["image"].contiguous(memory_format=torch.channels_last)
        if arguments.compile:
            network.all_outputs = torch.compile(network.all_outputs)  # type: ignore[method-assign]
        network.train()
        half = native_bf16()

        def bare() -> None:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                outputs = network.all_outputs(images)
            torch.stack([part.float().mean() for output in outputs for part in output]).sum().backward()

        def step() -> None:
            optimiser.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                total = detector.training_step(batch, 0)
            total.backward()
            optimiser.step()

        alone = seconds(bare, arguments.repeats) / arguments.batch
        stepped = seconds(step, arguments.repeats) / arguments.batch
        print(f"threads {torch.get_num_threads()}, {arguments.backbone}, {arguments.size} px, batch {arguments.batch}")
        for name, value in {"sample": sample, "bare": alone, "step": stepped}.items():
            print(f"{name:9} {value * 1e3:7.1f} ms a sample, {value * 1e9 / arguments.size**2:6.0f} ns a pixel")
        start = time.perf_counter()
        fresh = build_network(model, 0)
        fit(
            fresh,
            loader(patches, arguments.batch, arguments.workers, EpochSampler(length, length, 0, fresh=True)),
            None,
            epochs=1,
            folder=Path(folder),
            name="timed",
            precision="auto",
            averaging_decay=0.998,
            module=partial(learner, fresh),
        )
        taken = (time.perf_counter() - start) / (length // arguments.batch * arguments.batch)
        share = alone / taken
        print(f"training  {taken * 1e3:7.1f} ms a sample, {1 / taken:.2f} samples/s, {share:.2f} of the bare network")


if __name__ == "__main__":
    main()
