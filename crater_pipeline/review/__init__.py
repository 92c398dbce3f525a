"""Corrections made in a GIS, turned into a catalogue."""
