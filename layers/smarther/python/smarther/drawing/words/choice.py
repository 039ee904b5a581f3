"""The choice of a language: the browser's or the console's; English where we have neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.italian import ITALIAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.drawing.words.language import Language

LANGUAGES: Final[Mapping[str, Language]] = {each.tag: each for each in (ENGLISH, ITALIAN)}

_MOST_PREFERENCES: Final = 50
_PREFERENCE: Final = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?"
)


def words_of_browser(accept_language: object) -> Language:
    """The language of ours that an `Accept-Language` header prefers (RFC 9110, section 12.5.4).

    Of languages with equal weight the first is chosen. A part that cannot be read is ignored.
    """
    if not isinstance(accept_language, str):
        return ENGLISH
    said = (_PREFERENCE.fullmatch(each) for each in accept_language.split(",", _MOST_PREFERENCES)[:_MOST_PREFERENCES])
    wanted = [(float(each[2] or 1), each[1].lower()) for each in said if each is not None]
    known = [(weight, tag) for weight, tag in wanted if tag in LANGUAGES and weight > 0]
    return LANGUAGES[max(known, key=lambda each: each[0])[1]] if known else ENGLISH


def words_of_console(locale: object) -> Language:
    """The language of the console, by its `locale`: `it`, or with a region such as `it-IT` or `it_IT`."""
    tag = re.split("[-_]", locale, maxsplit=1)[0].lower() if isinstance(locale, str) else ""
    return LANGUAGES.get(tag, ENGLISH)
