"""Nodulens: thyroid ultrasound in, outlined nodule, measurements and malignancy estimate out.

Research use only.
"""

__version__ = "0.1.0"
