"""Importers: other people's published folder layouts, read into a manifest."""
