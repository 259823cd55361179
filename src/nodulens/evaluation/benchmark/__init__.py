"""Finished evaluations side by side: tables, figures and checklists of a whole study."""
