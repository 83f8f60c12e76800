"""Cards as a web page to print: one on each sheet.

Pure.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from controld.cards.model import Card
from controld.cards.svg import card_svg

PAPERS: Final = ("a4", "a5")
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: {paper} landscape; margin: 0; }}
html {{ background: #aeb4be; }}
body {{ margin: 0; }}
svg {{ display: block; width: min(100vw - 32px, 1120px); margin: 16px auto; box-shadow: 0 2px 12px #0004; }}
@media print {{
  html {{ background: none; }}
  svg {{ width: 100vw; height: 100vh; margin: 0; box-shadow: none; break-after: page; }}
  svg:last-of-type {{ break-after: auto; }}
  * {{ -webkit-print-color-adjust: exact; print-color-adjust: exact; }}
}}
</style>
{cards}</html>
"""


def cards_html(cards: Sequence[Card], paper: str = "a4") -> str:
    """Return a page with all cards for `paper` of `PAPERS`, lying."""
    title = " / ".join(dict.fromkeys(escape(card.surface) for card in cards))
    return _PAGE.format(
        title=f"{title}: what the switches do", paper=paper.upper(), cards="".join(map(card_svg, cards))
    )
