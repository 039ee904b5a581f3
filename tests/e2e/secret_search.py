"""Looks for secrets in what was written: as they are, and as addresses, JSON, pages and base64 spell them."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHORTEST = 16
"""Characters of a secret that can be looked for: a shorter one would be found everywhere."""


def hits(secrets: Mapping[str, Iterable[str]], written: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where a secret of which sort stands, one line each; none of them says the secret itself.

    `secrets` are texts by their sort, `written` is bytes by their place. Raises ValueError for a secret that is too
    short to be looked for.
    """
    wanted = [(sort, number, spellings(secret)) for sort, all_ in secrets.items() for number, secret in enumerate(all_)]
    return [
        f"{place} holds {sort} {number} ({name})"
        for place, content in written
        for sort, number, forms in wanted
        for name, form in forms
        if form in content
    ]


def spellings(secret: str) -> list[tuple[str, bytes]]:
    """The different spellings of a secret, by name."""
    if len(secret) < SHORTEST:
        raise ValueError(f"a secret of {len(secret)} characters cannot be looked for")
    return list({form: (name, form) for name, form in _spelled(secret)}.values())


def _spelled(secret: str) -> Iterator[tuple[str, bytes]]:
    yield "whole", secret.encode()
    yield "URL-encoded", quote(secret, safe="").encode()
    yield "URL-encoded as a form", quote_plus(secret).encode()
    yield "URL-encoded as a path", quote(secret).encode()
    yield "in JSON", json.dumps(secret)[1:-1].encode()
    yield "in JSON in JSON", json.dumps(json.dumps(secret)[1:-1])[1:-1].encode()
    yield "in HTML", html.escape(secret).encode()
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield "in base64", _within(encode(b"\0" * before + secret.encode()), before, len(secret.encode()))


def _within(encoded: bytes, before: int, length: int) -> bytes:
    """What base64 makes of the secret alone, whatever stands around it: `before` is how many bytes stand before it.

    Three bytes are four characters, so where the secret begins shifts them; at the edges they are a neighbour's too.
    """
    return encoded[-(-before * 8 // 6) : (before + length) * 8 // 6]
