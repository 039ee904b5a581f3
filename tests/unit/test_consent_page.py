"""The pages after consent: each failure its own, nothing foreign in any, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from smarther.domain.account.consent import NotGiven
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report
from smarther.drawing import consent_page
from smarther.drawing.consent_page import HEADERS, ConsentPage, Sign, html, page_for
from smarther.drawing.words.english import ENGLISH

STANDING = [
    *map(consent_page.page_without, NotGiven),
    *(page for page in vars(consent_page).values() if isinstance(page, ConsentPage)),
]


def report(**fields: Any) -> Report:
    return Report.model_validate({"at": "2026-01-14T06:30:00Z", "outcome": "healthy", **fields})


def plant(name: str | None, subscription: str = "created") -> dict[str, Any]:
    return {"plant_id": "p1", "name": name, "subscription": subscription}


def test_success_names_the_homes_and_what_happens_next() -> None:
    page = page_for(report(consent="accepted", plants=[plant("Casa"), plant("Baita")]))

    text = html(page)
    assert (page.status, page.mark) == (200, Sign.DONE)
    assert "Casa" in text
    assert "Baita" in text
    assert "What happens next" in text


def test_an_accepted_consent_is_shown_as_accepted_even_if_something_else_is_wrong() -> None:
    demand = PersonNeeded(reason=Reason.APP_TERMS, do=Reason.APP_TERMS.remedy)
    page = page_for(
        report(consent="accepted", outcome="needs_person", person=[demand], plants=[plant("Casa", "missing")])
    )

    text = html(page)
    assert (page.status, page.mark) == (200, Sign.WAIT)
    assert "not yet" in text
    assert "accept them" in text


def test_an_account_without_a_home_is_told_so() -> None:
    assert "no home" in page_for(report(consent="accepted", outcome="healthy")).told(ENGLISH).told


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"consent": "refused"}, 400),
        ({"consent": "unavailable", "outcome": "degraded"}, 503),
        ({"consent": "not_configured", "outcome": "needs_person"}, 500),
        ({"outcome": "busy"}, 503),
        ({}, 500),
    ],
)
def test_every_way_to_fail_has_a_status_and_a_way_out(fields: dict[str, Any], status: int) -> None:
    page = page_for(report(**fields))

    assert page.status == status
    assert "smarther authorize" in " ".join(page.told(ENGLISH).steps)


def test_the_pages_that_stand_ready_are_all_different() -> None:
    assert len(STANDING) >= 8
    told = [page.told(ENGLISH) for page in STANDING]
    assert len({each.title for each in told}) == len({each.told for each in told}) == len(STANDING)


@pytest.mark.parametrize("page", STANDING, ids=lambda page: page.ending)
def test_every_page_says_what_to_do_and_is_whole(page: ConsentPage) -> None:
    reader = _Reader()
    reader.feed(html(page))

    assert page.told(ENGLISH).steps
    assert reader.open == []
    assert reader.text.count(page.told(ENGLISH).title) == 2  # the title and the heading
    assert "`" not in reader.text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "`rm`", "a & b", "Così"]
)
def test_a_home_s_name_is_shown_and_never_obeyed(name: str) -> None:
    reader = _Reader()
    reader.feed(html(page_for(report(consent="accepted", plants=[plant(name)]))))

    assert name in reader.text
    assert {"script", "img"}.isdisjoint(reader.elements)


@pytest.mark.shows("consent page is fixed")
def test_nothing_but_the_page_s_own_style_may_load() -> None:
    policy = HEADERS["Content-Security-Policy"]
    style = re.search("<style>(.*)</style>", html(consent_page.page_without(NotGiven.DECLINED)), re.DOTALL)

    assert style is not None
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert 'style="' not in html(consent_page.page_without(NotGiven.DECLINED))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("X-Permitted-Cross-Domain-Policies", "none"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Strict-Transport-Security", "max-age=31536000"),
        ("Content-Type", "text/html; charset=utf-8"),
    ],
)
def test_the_headers_are_strict(header: str, value: str) -> None:
    assert HEADERS[header] == value


def test_a_home_without_a_name_goes_by_its_id() -> None:
    page = page_for(report(consent="accepted", plants=[plant(None)]))

    assert page.plants == (PlantState(plant_id="p1", subscription="created"),)
    assert ">p1<" in html(page)


class _Reader(HTMLParser):
    """Which elements a document has, which are left open, and what it says."""

    _VOID = frozenset({"meta", "link", "circle", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
