from __future__ import annotations

from nodulens.runtime.bundle import CARD
from nodulens.runtime.store import shipped_folder
from nodulens.serve.cards import render_card


def test_a_card_is_html_without_anything_hidden() -> None:
    html = render_card(
        "# A *model*\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](https://x.org)\n\n"
        "![p](https://x.org/p.png)\n\n| a | b |\n|---|---|\n| 1 | <b onclick=x>2</b> |\n"
    )
    assert "<h1>A <em>model</em></h1>" in html
    assert "<td>1</td>" in html
    assert 'href="https://x.org"' in html
    for hidden in ("<script", "<img", "<b ", 'href="javascript'):
        assert hidden not in html


def test_the_shipped_cards_are_rendered() -> None:
    for card in shipped_folder().glob(f"*/{CARD}"):
        assert "<h1>" in render_card(card.read_text("utf-8"))
