"""Data sets of tiles, augmentation, and the training loop."""
