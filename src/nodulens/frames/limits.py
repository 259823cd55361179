"""How large a file may be: checked against what its header says, before anything is decoded.

A few kilobytes can ask for gigabytes of memory. No ultrasound picture comes near these limits.
"""

from __future__ import annotations

from nodulens.errors import UnreadableFile

MAX_FILE_BYTES = 4 * 2**30
"""Largest DICOM file that is read; frames are read from it one by one."""
MAX_PICTURE_BYTES = 512 * 2**20
"""Largest picture file that is read."""
MAX_ELEMENT_BYTES = 64 * 2**20
"""Most bytes of one DICOM element before the pixels."""
MAX_PIXELS = 32 * 10**6
"""Most pixels of one frame."""
MAX_TOTAL_PIXELS = 4 * 10**9
"""Most pixels of all frames of one file: a minute of 1024×768 at 60 frames a second and more."""
MAX_FRAMES = 4096
"""Most frames of one file."""
MAX_INFLATED_BYTES = 128 * 2**20
"""Most bytes that a deflated DICOM data set may inflate to."""


def check_size(source: str, width: int, height: int, frames: int = 1) -> None:
    """Refuse a picture that is too large or empty.

    Args:
        source: path of the file, for the message.
        width, height: of one frame, in pixels, as the header states them.
        frames: number of frames.

    Raises:
        UnreadableFile: a number is not positive, or a limit is exceeded.
    """
    if min(width, height, frames) < 1:
        raise UnreadableFile(
            f"{source}: its header states {frames} frames of {width}×{height} pixels, which is no "
            "picture; export it again"
        )
    if width * height > MAX_PIXELS:
        raise UnreadableFile(
            f"{source}: {width}×{height} pixels are more than the {MAX_PIXELS // 10**6} megapixels "
            "a frame may have; scale it down or cut out the scan"
        )
    if frames > MAX_FRAMES or width * height * frames > MAX_TOTAL_PIXELS:
        raise UnreadableFile(
            f"{source}: {frames} frames of {width}×{height} pixels are more than one file may hold "
            f"({MAX_FRAMES} frames, {MAX_TOTAL_PIXELS // 10**6} megapixels in all); split it"
        )


def refuse_truncated() -> None:
    """Have Pillow refuse pictures that are cut off, which other libraries switch off for all.

    weasyprint, for one, has it fill up the rest with grey as soon as it is imported.
    """
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
