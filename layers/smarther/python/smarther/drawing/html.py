"""HTML and SVG elements that always escape their text.

A character that XML cannot hold, escaped or not, becomes a replacement mark: no program opens an SVG that has one
(https://www.w3.org/TR/xml/#charsets).
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    Attribute = str | int | float | Decimal | None


_NO_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that is already HTML. Any other string that is given to `element` is escaped."""

    __slots__ = ()


def element(tag: str, /, *children: str | None, **attributes: Attribute) -> Markup:
    """One element. Plain children and all attribute values are escaped; `Markup` children are kept as they are.

    Children and attributes that are `None` are left out. `class_` becomes `class`, `stroke_width` becomes
    `stroke-width`. There is always an end tag, because HTML has no `<div/>`.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(str(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{named}>{join(children)}</{tag}>")


def join(children: Iterable[str | None]) -> Markup:
    """Siblings, each escaped unless it is `Markup` already."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else _escaped(child, quote=False)
            for child in children
            if child is not None
        )
    )


def prose(text: str) -> Markup:
    """Escaped text, with what stands between backticks set as a command."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", _escaped(text, quote=False)))


def _escaped(text: str, *, quote: bool) -> str:
    return escape(_NO_XML.sub("\ufffd", text), quote=quote)
