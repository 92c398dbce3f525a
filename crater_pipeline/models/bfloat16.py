"""Whether this machine is good at bf16, the arithmetic of half the width that `auto` takes then."""

import torch


def native_bf16() -> bool:
    """Whether bf16 is multiplied in hardware (a recent GPU, or AMX / AVX-512 bf16 on the CPU)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.backends.mkldnn.is_available()) and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
