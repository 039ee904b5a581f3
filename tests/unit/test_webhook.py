"""The webhook's secret, its digest, and how we know our own address again."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account import subscription_plan, webhook
from smarther.domain.account.webhook import AcceptedDigests

BASE = "https://abc.execute-api.eu-south-1.amazonaws.com"
LOCAL = "http://127.0.0.1:4566/_aws/execute-api/abc"
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SECRETS = st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True)


@pytest.mark.shows("strangers store nothing")
def test_a_secret_of_256_random_bits_has_the_form_of_one() -> None:
    assert webhook.has_secret_form(secrets.token_urlsafe(webhook.SECRET_BYTES))


@pytest.mark.shows("Home Assistant on a 409")
@pytest.mark.parametrize("base", [BASE, f"{BASE}/prod", f"{BASE}/", "https://home.example"])
@given(secret=SECRETS)
def test_no_address_of_ours_looks_like_one_of_home_assistants(base: str, secret: str) -> None:
    """After a 409 its component deletes every subscription whose address holds this, even another application's."""
    assert "/api/webhook/" not in subscription_plan.address(base, secret)


@pytest.mark.parametrize(
    "text", ["", "x", SECRET[:-1], SECRET + "A", SECRET + "\n", SECRET[:-1] + "=", SECRET[:-1] + "é"]
)
def test_other_texts_have_not(text: str) -> None:
    assert not webhook.has_secret_form(text)


def test_the_digest_is_sha_256_in_hex() -> None:
    assert webhook.secret_digest(SECRET) == hashlib.sha256(SECRET.encode()).hexdigest()


@given(st.text(alphabet=st.characters()))
def test_any_text_has_a_digest(text: str) -> None:
    assert len(webhook.secret_digest(text)) == 64


@pytest.mark.parametrize("name", ["current", "pending", "previous"])
def test_each_accepted_digest_is_accepted(name: str) -> None:
    digest = webhook.secret_digest(SECRET)
    assert AcceptedDigests(**{name: digest}).accept(digest)


@pytest.mark.parametrize(
    "presented",
    ["", webhook.secret_digest("x"), webhook.secret_digest(SECRET)[:-1], webhook.secret_digest(SECRET).upper(), "é"],
)
def test_nothing_else_is(presented: str) -> None:
    digest = webhook.secret_digest(SECRET)
    assert not AcceptedDigests(
        current=digest, pending=webhook.secret_digest("a"), previous=webhook.secret_digest("b")
    ).accept(presented)


@pytest.mark.shows("strangers store nothing")
@pytest.mark.parametrize(
    "presented", ["", webhook.secret_digest("x"), *(webhook.secret_digest(name) for name in "abc")]
)
def test_a_guess_is_compared_with_every_digest_and_in_constant_time(
    presented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def comparing(known: bytes, guess: bytes) -> bool:
        compared.append((known, guess))
        return compare(known, guess)

    monkeypatch.setattr(hmac, "compare_digest", comparing)
    known = [webhook.secret_digest(name) for name in "abc"]

    AcceptedDigests(current=known[0], pending=known[1], previous=known[2]).accept(presented)

    assert compared == [(each.encode(), presented.encode()) for each in known]


@pytest.mark.parametrize("presented", ["", webhook.secret_digest(SECRET)])
def test_before_there_is_a_secret_nobody_is(presented: str) -> None:
    assert not AcceptedDigests().accept(presented)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        (BASE, f"{BASE}/notifications/{SECRET}"),
        (f"{BASE}/", f"{BASE}/notifications/{SECRET}"),
        (LOCAL, f"{LOCAL}/notifications/{SECRET}"),
    ],
)
def test_our_address_is_known_again(base: str, address: str) -> None:
    assert subscription_plan.address(base, SECRET) == address
    assert subscription_plan.is_ours(address, base)


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/notifications/another-secret",
        f"{BASE.upper().replace('HTTPS', 'https')}/notifications/x",
        f"{BASE}:443/notifications/x",
        f"{BASE.replace('https', 'HTTPS')}/notifications/x",
    ],
)
def test_it_is_ours_under_any_secret_and_spelling(url: str) -> None:
    assert subscription_plan.is_ours(url, BASE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://www.example.com",
        "https://alexa.example.com/notifications/x",
        BASE,
        f"{BASE}/notifications",
        f"{BASE}/notifications/",
        f"{BASE}/notifications/.",
        f"{BASE}/notifications/..",
        f"{BASE}/notifications/x/y",
        f"{BASE}/notifications/x?y",
        f"{BASE}/notifications/x#y",
        f"{BASE}/Notifications/x",
        f"{BASE}/callback",
        f"{BASE}/prod/notifications/x",
        f"{BASE}.example.com/notifications/x",
        f"{BASE}:444/notifications/x",
        f"{BASE}:port/notifications/x",
        f"{BASE}:99999/notifications/x",
        "https://[::1/notifications/x",
        f"{BASE.replace('https', 'http')}/notifications/x",
        f"{BASE.replace('https://', 'https://user@')}/notifications/x",
        f"{BASE.replace('https://', 'https://evil.example.com#')}/notifications/x",
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not subscription_plan.is_ours(url, BASE)


@given(st.text())
def test_no_text_at_all_raises_anything(url: str) -> None:
    assert not subscription_plan.is_ours(url, BASE)


def test_under_a_path_only_that_path_is_ours() -> None:
    assert not subscription_plan.is_ours(f"http://127.0.0.1:4566/notifications/{SECRET}", LOCAL)
    assert not subscription_plan.is_ours(f"http://127.0.0.1:4566/_aws/execute-api/other/notifications/{SECRET}", LOCAL)
