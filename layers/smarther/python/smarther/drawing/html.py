"""HTML and SVG that cannot be broken out of: text is escaped where it is placed, not where somebody remembers to.

A character that no XML can hold, escaped or not, is shown as a replacement mark: one of them would make an SVG that
nobody opens (https://www.w3.org/TR/xml/#charsets).
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
    """Text that is already HTML. Everything else that reaches `element` is a plain string and gets escaped."""

    __slots__ = ()


def element(tag: str, /, *children: str | None, **attributes: Attribute) -> Markup:
    """One element: plain children and every attribute value escaped, `Markup` children kept as they are.

    `None` among the children or the attributes is left out. Attribute names follow Python's: `class_` is `class`,
    `stroke_width` is `stroke-width`. There is always an end tag, because HTML knows no `<div/>`.
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
