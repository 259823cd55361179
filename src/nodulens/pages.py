"""Pages that stand alone: HTML from templates, pictures inside."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2
    from PIL import Image


def load_template(path: Path) -> jinja2.Template:
    """Load a template: what is put in is escaped, and what is missing is an error.

    Args:
        path: of the template; those that it extends or imports lie beside it, or are shared, as
            ``base.html`` is.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([path.parent, Path(__file__).with_name("templates")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name)


def jpeg(picture: Image.Image, quality: int, *, fine: bool = True) -> bytes:
    """Return a picture as a JPEG file.

    Args:
        picture: RGB.
        quality: 1 to 95.
        fine: keep colour at full resolution, or thin lines fade.
    """
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling=0 if fine else 2)
    return stream.getvalue()


def data_address(picture: Image.Image, quality: int, *, fine: bool = True) -> str:
    """Return the ``data:`` address of a picture as JPEG, for an image that is inside its page.

    Args:
        picture, quality, fine: as for :func:`jpeg`.
    """
    return encode_jpeg(jpeg(picture, quality, fine=fine))


def encode_jpeg(content: bytes) -> str:
    """Return the ``data:`` address of a JPEG file's content."""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"
