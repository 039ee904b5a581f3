"""The search finds what it looks for, and nothing else."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from tests.e2e.secret_search import hits

SECRET = "s4ndb0x'\"<&+%=;~ s/cret"
PLANTS = {
    "as it is": SECRET,
    "in an address": f"https://x.example/a?key={quote(SECRET, safe='')}&more=1",
    "in a path": f"https://x.example/{quote(SECRET)}",
    "in a form": urlencode({"client_secret": SECRET}),
    "plus for blank": quote_plus(SECRET),
    "in a record": json.dumps({"message": f"it was {SECRET}"}),
    "in a record in a record": json.dumps({"message": json.dumps({"body": SECRET})}),
    "on a page": f"<p>{html.escape(SECRET)}</p>",
}


@pytest.mark.parametrize("text", PLANTS.values(), ids=PLANTS.keys())
def test_a_secret_is_found_in_any_spelling(text: str) -> None:
    assert hits({"client_secret": [SECRET]}, [("the log", f"before {text} after".encode())])


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", [SECRET, SECRET + "!", SECRET + "!!", "ü" * 16])
def test_a_secret_is_found_in_base64_wherever_it_stands_in_it(before: int, encode: object, secret: str) -> None:
    assert callable(encode)
    encoded = encode(b"?" * before + secret.encode() + b"~~~")

    assert hits({"token": [secret]}, [("a body", b"x" + encoded + b"x")])


def test_what_holds_none_gives_no_hit() -> None:
    assert hits({"client_secret": [SECRET]}, [("the log", SECRET[:-1].encode()), ("a page", b"")]) == []


def test_a_hit_names_place_and_sort_and_not_the_secret() -> None:
    (hit,) = hits({"token": ["x" * 20, SECRET]}, [("the log", b"nothing"), ("a page", SECRET.encode())])

    assert hit == "a page holds token 1 (whole)"


def test_a_secret_too_short_to_be_looked_for_is_said_so() -> None:
    with pytest.raises(ValueError, match="cannot be looked for"):
        hits({"token": ["short"]}, [])
