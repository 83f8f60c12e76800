"""Text on the displays of MIDI devices: what fits, in the characters they have, as SysEx messages.

Pure. A display takes 7-bit characters, and nobody knows which it has beyond those of ASCII. So letters lose their
accents, typographic signs become plain ones, and what cannot be said so is a question mark.
"""

import unicodedata

from controld.mappings.profile import Display, Template

_UNKNOWN = "?"
# What does not fall apart into a letter and its accents.
_PLAIN = str.maketrans({
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ŋ": "n", "Ŋ": "N",
    "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201c": '"', "\u201d": '"', "\u201e": '"', "«": '"', "»": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "×": "x", "÷": "/",
    "·": ".", "•": "*", "→": ">", "←": "<", "↑": "^", "↓": "v", "▶": ">", "◀": "<", "♯": "#", "♭": "b", "♮": "",
    "\u2044": "/", "\u2032": "'", "\u2033": '"', "µ": "u", "μ": "u",
    "°": "", "©": "(c)", "®": "(r)", "€": "EUR", "£": "GBP", "¡": "!", "¿": "?",
})  # fmt: skip


def plain_text(text: str) -> str:
    """Return a text in printable ASCII, as near as it comes; a control character is a space."""
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN)).translate(_PLAIN)
    return "".join(_plain(each) for each in apart)


def _plain(character: str) -> str:
    if " " <= character <= "~":
        return character
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return ""  # an accent, or a mark that nobody sees
    return " " if unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"} else _UNKNOWN


def messages_of(display: Display, text: str) -> list[bytes]:
    """Return the message of every row, top first; rows of the text are parted by line feeds.

    Each row is cut or filled with spaces to the width of the display, and rows that the text lacks are empty.
    """
    rows = text.split("\n")[: display.rows]
    rows += [""] * (display.rows - len(rows))
    return [_row_message(display, row, each) for row, each in enumerate(rows)]


def _row_message(display: Display, row: int, text: str) -> bytes:
    fitted = plain_text(text)[: display.columns].ljust(display.columns)
    return filled(
        display.sysex,
        row=display.first_row + row,
        column=display.column,
        offset=display.column + row * (display.row_length or display.columns),
        text=fitted.encode("ascii"),
    )


def filled(template: Template, **parts: int | bytes) -> bytes:
    """Return a SysEx message with its names filled in: a number as one byte of 7 bits, text as it is."""
    message = bytearray()
    for each in template:
        part = parts[each] if isinstance(each, str) else each
        message += part if isinstance(part, bytes) else bytes((part,))
    return bytes(message)


def head_of(template: Template) -> bytes:
    """Return what every message of a template begins with."""
    first = next((place for place, each in enumerate(template) if isinstance(each, str)), len(template))
    return bytes(each for each in template[:first] if isinstance(each, int))
