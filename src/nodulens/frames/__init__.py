"""What comes in: images and DICOM read safely, the scan area, the physical scale."""

from nodulens.frames.reading import FrameFile, read
from nodulens.frames.scale import user_scale
from nodulens.frames.scan_area import find_scan_areas

__all__ = ["FrameFile", "find_scan_areas", "read", "user_scale"]
