"""Model cards as HTML that nothing can hide in."""

from __future__ import annotations


def render_card(markdown: str) -> str:
    """Return CommonMark with tables as HTML.

    Raw HTML is shown as text, pictures are left out, and links lead to web addresses or to places
    in the page.

    Args:
        markdown: whoever wrote it.
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return str(reader.render(markdown))
