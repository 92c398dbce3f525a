"""What runs a network: torch, or OpenVINO, which is faster on the CPUs that it knows."""

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from crater_pipeline.atomic import atomic_folder
from crater_pipeline.detection.quantising import quantised
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.light.views import CHANNELS
from crater_pipeline.models.bfloat16 import native_bf16
from crater_pipeline.models.centernet import CenterNet, Prediction

log = logging.getLogger(__name__)

Engine = Callable[[Tensor], Prediction]
"""Pictures (B, C, h, h), float32, to the network's answer about each, float32."""

MOST_WORKERS = 8
"""Threads that hold a tile each. With more processors than these, several compute on one tile."""


@contextmanager
def shared_out(threads: int) -> Iterator[int]:
    """How many workers share `threads` processors; torch takes the rest of them for each worker inside the block."""
    workers, before = min(threads, MOST_WORKERS), torch.get_num_threads()
    torch.set_num_threads(max(1, threads // workers))
    try:
        yield workers
    finally:
        torch.set_num_threads(before)


def engine_for(network: CenterNet, settings: InferenceSettings, size: int, workers: int) -> Engine:
    """What runs `network` on pictures of `size` pixels a side for so many threads at a time.

    Raises
    ------
    UserError
        If the settings ask for an engine that is not installed.
    """
    installed = find_spec("openvino") is not None
    if settings.engine == "openvino" and not installed:
        raise UserError(
            "inference.engine: openvino is not installed; install it (pip install openvino), or set "
            "inference.engine to auto or torch"
        )
    chosen = settings.engine
    if chosen == "auto":
        chosen = "openvino" if installed and not torch.cuda.is_available() and native_bf16() else "torch"
    if settings.precision == "int8" and chosen == "torch":
        raise UserError(
            "inference.precision: int8 needs the engine openvino, which is "
            + ("not chosen; set inference.engine to openvino" if installed else "not installed (pip install openvino)")
        )
    half = in_half(settings)
    arithmetic = settings.precision if settings.precision == "int8" else "bf16" if half else "float32"
    log.info("engine: %s, %s", chosen, arithmetic)
    if chosen == "torch":
        return TorchEngine(network, half)
    return OpenVinoEngine(network, half, size, workers, integers=settings.precision == "int8")


def pictures_a_pass(settings: InferenceSettings) -> int:
    """Pictures per forward pass."""
    return settings.batch_size or (8 if torch.cuda.is_available() else 1)


def in_half(settings: InferenceSettings) -> bool:
    """Whether the network computes in bf16 (in int8: where it does not compute in integers)."""
    return settings.precision == "bf16" or (settings.precision != "float32" and native_bf16())


class TorchEngine:
    """The network as it is, on a GPU if there is one."""

    def __init__(self, network: CenterNet, half: bool) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.half, self.told = half, False

    def __call__(self, pictures: Tensor) -> Prediction:
        """The answers; pictures for which memory does not suffice at once are shown in halves.

        Raises
        ------
        UserError
            If it does not suffice for one of them.
        """
        try:
            return self._answer(pictures)
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
        if len(pictures) == 1:
            raise UserError(
                f"the network: {self.device.type} memory does not suffice for one tile; end what else uses it, or make "
                "tiling.size smaller"
            )
        if not self.told:
            log.warning("memory does not suffice for %d pictures a pass: shown in smaller batches", len(pictures))
        self.told = True
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return Prediction(*map(torch.cat, zip(*map(self, pictures.chunk(2)), strict=True)))

    @torch.inference_mode()
    def _answer(self, pictures: Tensor) -> Prediction:
        shown = pictures.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
            answer: Prediction = self.network(shown)
        return Prediction(*(grid.float() for grid in answer))


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


class OpenVinoEngine:
    """The network in OpenVINO's form, which is made once for the weights and kept in the user's cache.

    Pictures are answered one by one, so that what is said of one does not depend on what it is shown beside.
    """

    def __init__(self, network: CenterNet, half: bool, size: int, workers: int, integers: bool = False) -> None:
        import openvino

        channels = CHANNELS[network.view]
        model = openvino.Core().read_model(converted(network, (1, channels, size, size), integers))
        properties = {
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            "INFERENCE_NUM_THREADS": workers * torch.get_num_threads(),
            "NUM_STREAMS": workers,
        }
        self.compiled = openvino.compile_model(model, "CPU", properties)
        self.own = threading.local()
        # What the library makes ready at its first use, it must not make ready in two threads at a time.
        self(torch.zeros(1, channels, size, size))

    def __call__(self, pictures: Tensor) -> Prediction:
        if not hasattr(self.own, "request"):
            request = self.compiled.create_infer_request()
            # Arrays over the request's own memory: nothing of the library's is made for a picture.
            self.own.shown = request.get_input_tensor().data
            self.own.answer = [request.get_output_tensor(i).data for i in range(3)]
            self.own.request = request
        answers = []
        for picture in pictures.numpy():
            self.own.shown[0] = picture
            self.own.request.infer()
            answers.append([torch.from_numpy(grid.copy()) for grid in self.own.answer])
        return Prediction(*(torch.cat(grids) for grids in zip(*answers, strict=True)))


class _Answering(nn.Module):
    """A network whose answer is a plain tuple, as converters want it."""

    def __init__(self, network: CenterNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.network(pictures))


def converted(network: CenterNet, shape: tuple[int, int, int, int], integers: bool = False) -> Path:
    """File of the network for OpenVINO, made if it is not there yet; `integers`: in those of 8 bits."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it reports each conversion home
    import openvino

    size, version = shape[-1], openvino.get_version().partition("-")[0]
    cache = cache_folder()
    folder = cache / "openvino" / f"{network_hash(network)[:16]}-{size}-{version}{'-int8' if integers else ''}"
    file = folder / "network.xml"
    if file.is_file():
        return file
    with _own_logging():
        if integers:
            plain = openvino.Core().read_model(converted(network, shape))
            model = quantised(plain, network.view, size, cache / "scenes")
        else:
            answering = _Answering(network.float().cpu().eval())
            model = openvino.convert_model(answering, example_input=torch.zeros(shape), input=[shape])
    with atomic_folder(folder) as temporary:
        openvino.save_model(model, temporary / file.name, compress_to_fp16=False)
    return file


@contextmanager
def _own_logging() -> Iterator[None]:
    """Converters set levels and handlers of the root logger to what they like; afterwards it is ours again."""
    root, kind = logging.getLogger(), logging.getLoggerClass()
    level, handlers, filters = root.level, [(each, each.level) for each in root.handlers], root.filters[:]
    try:
        yield
    finally:
        logging.setLoggerClass(kind)
        root.setLevel(level)
        root.handlers[:], root.filters[:] = [each for each, _ in handlers], filters
        for handler, own in handlers:
            handler.setLevel(own)


def network_hash(network: nn.Module) -> str:
    """SHA-256 of a network's kind and weights, hexadecimal."""
    digest = hashlib.sha256(str(network).encode())
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where what can be made again is kept for the user."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "crater_pipeline"
