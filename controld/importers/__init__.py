"""Importers: files of other programs become files of a rig, and what has no equivalent is told."""
