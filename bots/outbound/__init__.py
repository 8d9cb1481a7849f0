"""Errands on their way out, and the memory of what was told."""
