"""Names as their owners gave them, made storable and printable once: where they come in.

People type what they like, and the provider hands on what it likes: half an emoji, which no UTF-8 can hold; characters
that no XML may hold; marks that turn the direction of what stands beside the name; a line's end.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 100
"""Characters of a name that are kept. The thermostat's own display shows far fewer."""

_LOOKED_AT: Final = 1000
_MOST_MARKS: Final = 16
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_TAGS: Final = range(0xE0020, 0xE0080)
"""Unseen letters after a black flag, which make it that of a country's part."""

_LAST_OF_A_PLANE: Final = 0xFFFE
_ROW: Final = range(0xFDD0, 0xFDF0)

_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing at all (fillers of Hangul, Braille's blank)."""


def printable(name: str) -> str:
    """The name as it is stored and shown everywhere: one line of text, of `LONGEST` characters at most.

    Kept are letters, digits, signs, emoji with their joiners, and combining marks. Whitespace of any kind, ends of
    lines and paragraphs among it, becomes single spaces, none at the ends. Left out are control characters, directional
    and other invisible marks, halves of surrogate pairs and noncharacters. Empty when nothing is left that shows.
    Done again, it changes nothing.
    """
    text = " ".join("".join(map(_kept, name[:_LOOKED_AT])).split())
    return _shortened(text) if any(map(_shows, text)) else ""


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category[0] == "Z" or character in _BLANK_LETTERS:
        return " "
    if category in {"Cc", "Cs"} or _is_noncharacter(ord(character)):
        return ""
    if category == "Cf" and character not in _JOINERS and ord(character) not in _TAGS:
        return ""
    return character


def _is_noncharacter(code: int) -> bool:
    """The last two of each plane and a row of 32: never text (https://www.unicode.org/faq/private_use.html)."""
    return code & _LAST_OF_A_PLANE == _LAST_OF_A_PLANE or code in _ROW


def _shows(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in {"Mn", "Me", "Cf"}


def _shortened(text: str) -> str:
    """Cut where it is too long, not in the middle of a letter with its marks or of a joined emoji."""
    if len(text) <= LONGEST:
        return text
    end = LONGEST - len(_ELLIPSIS)
    for cut in range(end, end - _MOST_MARKS, -1):
        if not _belongs_to_the_one_before(text[cut]) and text[cut - 1] not in _JOINERS:
            end = cut
            break
    return text[:end].rstrip() + _ELLIPSIS


def _belongs_to_the_one_before(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or character in _JOINERS or ord(character) in _TAGS
