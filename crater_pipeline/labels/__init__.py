"""Catalogues, their craters in pixels, and which of them are learned."""
