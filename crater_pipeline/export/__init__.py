"""Craters in the formats that other programs read: QGIS, any GIS, CraterStats."""
