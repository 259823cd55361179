"""Findings out: JSON lines, CSV, masks, overlays and the self-contained HTML page."""
