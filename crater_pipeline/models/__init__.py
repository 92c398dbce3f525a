"""CenterNet: backbones, heads, targets, losses, decoding and the weights file."""
