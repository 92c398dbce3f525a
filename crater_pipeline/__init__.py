"""Impact craters from lunar imagery: a catalogue with coordinates, scores and an account of what was searched."""

__version__ = "0.1.0"
