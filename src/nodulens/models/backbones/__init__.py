"""Frozen towers for images and words, by name."""
