"""Names that owners gave, made storable and printable once: where they are received.

A name may hold anything: half of an emoji, which UTF-8 cannot hold; characters that XML may not hold; marks that turn
the direction of the text beside the name; line breaks.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 100
"""The most characters of a name that are kept. The thermostat's own display shows far fewer."""

_LOOKED_AT: Final = 1000
_MOST_MARKS: Final = 16
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_TAGS: Final = range(0xE0020, 0xE0080)
"""Invisible letters after a black flag, which make it the flag of a region."""

_LAST_OF_A_PLANE: Final = 0xFFFE
_ROW: Final = range(0xFDD0, 0xFDF0)

_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing (Hangul fillers, the blank Braille pattern)."""


def printable(name: str) -> str:
    """The name as it is stored and shown everywhere: one line of text, of `LONGEST` characters at most.

    Letters, digits, signs, emoji with their joiners, and combining marks are kept. Whitespace of any kind, line breaks
    included, becomes single spaces, and none at the ends. Control characters, directional and other invisible marks,
    halves of surrogate pairs and noncharacters are left out. Empty where nothing visible is left. A name that has been
    made printable is not changed again.
    """
    text = name[:_LOOKED_AT]
    if not (text.isascii() and text.isprintable()):  # almost every name is
        text = "".join(map(_kept, text))
    text = " ".join(text.split())
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
    """Whether a code is one of Unicode's noncharacters: the last two of each plane, and a row of 32.

    https://www.unicode.org/faq/private_use.html
    """
    return code & _LAST_OF_A_PLANE == _LAST_OF_A_PLANE or code in _ROW


def _shows(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in {"Mn", "Me", "Cf"}


def _shortened(text: str) -> str:
    """Cut a text that is too long, but not within a letter with its marks or a joined emoji."""
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
