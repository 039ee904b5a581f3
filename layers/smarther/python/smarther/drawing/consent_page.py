"""The page on which the owner's browser ends after consent: what came of it, and what to do next.

It shows nothing that came with the request, and nothing secret; names of plants, which the owner gave, are escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smarther.domain.keeper.keeper_report import PlantState, Report


class Sign(StrEnum):
    """The sign at the top of a page."""

    DONE = "done"
    WAIT = "wait"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """One page: what happened, in a line and a paragraph, and the steps from there. `like this` is a command."""

    status: int
    mark: Sign
    title: str
    told: str
    plants: tuple[PlantState, ...] = ()
    steps: tuple[str, ...] = ()


_AGAIN: Final = "Run `smarther authorize` for a new link, and open it within ten minutes."

DECLINED: Final = ConsentPage(
    status=403,
    mark=Sign.STOP,
    title="You did not give consent",
    told="Nothing was changed. Without your consent the recorder cannot ask Legrand for your readings.",
    steps=("If that was not what you meant: run `smarther authorize` and choose to allow access.",),
)
FAILED: Final = ConsentPage(
    status=400,
    mark=Sign.STOP,
    title="Legrand could not complete the consent",
    told="Legrand's login sent you back with an error instead of a consent. Nothing was changed.",
    steps=(
        "Compare the redirect address of your application at Legrand with the stack's `RedirectUri`, to the letter.",
        _AGAIN,
    ),
)
INCOMPLETE: Final = ConsentPage(
    status=400,
    mark=Sign.STOP,
    title="This link is not complete",
    told="This page is where Legrand's login brings you back to. What it should have brought along is missing.",
    steps=(_AGAIN,),
)
NOT_VALID: Final = ConsentPage(
    status=403,
    mark=Sign.STOP,
    title="This link is no longer valid",
    told="A link for consent is good for ten minutes and for one use. This one is too old, or was used before.",
    steps=("If you have just seen a page that said it worked, all is well: there is nothing to do.", _AGAIN),
)
REFUSED: Final = ConsentPage(
    status=400,
    mark=Sign.STOP,
    title="Legrand did not accept the consent",
    told="Legrand's login refused the code that it had given to your browser a moment ago. Codes are short-lived.",
    steps=(_AGAIN,),
)
UNAVAILABLE: Final = ConsentPage(
    status=503,
    mark=Sign.WAIT,
    title="Legrand does not answer",
    told="Your consent could not be put to use, because Legrand's login is out of order just now.",
    steps=("Wait a few minutes.", _AGAIN),
)
BUSY: Final = ConsentPage(
    status=503,
    mark=Sign.WAIT,
    title="The recorder was busy",
    told="It was at work on your tokens and subscriptions at this very moment, and does one thing at a time.",
    steps=("Wait two or three minutes.", _AGAIN),
)
SLOW: Final = ConsentPage(
    status=202,
    mark=Sign.WAIT,
    title="Still at work",
    told="Legrand is slow today. The recorder has your consent and goes on by itself; you can close this page.",
    steps=("Look with `smarther status` in two or three minutes.",),
)
BROKEN: Final = ConsentPage(
    status=500,
    mark=Sign.STOP,
    title="Something went wrong in the recorder",
    told="Your consent was not put to use. The cause is in the log of the keeper.",
    steps=("Look with `smarther status`.", _AGAIN),
)

_NEXT: Final = (
    "Nothing more needs to be done: readings arrive whenever a thermostat has something new to say.",
    "Tokens and subscriptions are looked after every half hour. Should a person be needed, `smarther status` says so.",
    "You can close this page.",
)


def page_for(report: Report) -> ConsentPage:
    """The page for what the keeper made of a consent."""
    if report.outcome == "busy":
        return BUSY
    match report.consent:
        case "accepted":
            return _accepted(report)
        case "refused":
            return REFUSED
        case "unavailable":
            return UNAVAILABLE
        case "not_configured":
            return _not_configured(report)
        case None:
            return BROKEN


def _accepted(report: Report) -> ConsentPage:
    """Consent was put to use; whether everything else is well, too, is told as it is."""
    demands = tuple(person.do for person in report.person)
    if report.plants and report.outcome == "healthy":
        return ConsentPage(
            status=200,
            mark=Sign.DONE,
            title="Your thermostats are connected",
            told="Legrand now sends every change straight to your own recorder.",
            plants=report.plants,
            steps=_NEXT,
        )
    return ConsentPage(
        status=200,
        mark=Sign.WAIT,
        title="Consent accepted",
        told="Your consent is kept safe. Not all is in place yet; what is missing is tried again every half hour."
        if report.plants
        else "Your consent is kept safe, but nothing is recorded yet: no home of yours is known.",
        plants=report.plants,
        steps=(*demands, "Look with `smarther status` in half an hour."),
    )


def _not_configured(report: Report) -> ConsentPage:
    return ConsentPage(
        status=500,
        mark=Sign.STOP,
        title="The recorder cannot log in at Legrand",
        told="Your consent was given, but what identifies your application at Legrand is missing, expired or wrong.",
        steps=(*(person.do for person in report.person if person.reason != Reason.CONSENT_MISSING), _AGAIN),
    )


# ---- from a page to bytes

_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f4f1ec; --card: #fffdfa; --ink: #26221d; --soft: #6d645a; --line: #e6dfd5;
  --done: #2f7d4f; --wait: #a3690b; --stop: #b03a2e; }
@media (prefers-color-scheme: dark) { :root { --ground: #191714; --card: #23201c; --ink: #f1ece4; --soft: #aba196;
  --line: #38332d; --done: #6cc592; --wait: #e3b052; --stop: #ef8a7d; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem; background: var(--ground);
  color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 34rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  padding: clamp(1.5rem, 6vw, 2.75rem); }
.mark { width: 3rem; height: 3rem; display: block; margin-bottom: 1.25rem; fill: none; stroke: currentColor;
  stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
.done { color: var(--done); } .wait { color: var(--wait); } .stop { color: var(--stop); }
h1 { margin: 0 0 .5rem; font-size: clamp(1.4rem, 5vw, 1.75rem); line-height: 1.2; text-wrap: balance; }
h2 { margin: 1.75rem 0 .5rem; font-size: .875rem; font-weight: 600; color: var(--soft); }
p { margin: 0; }
ul { margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
.homes li { display: flex; justify-content: space-between; gap: 1rem; padding: .625rem 0;
  border-top: 1px solid var(--line); }
.homes li:last-child { border-bottom: 1px solid var(--line); }
.homes span { flex: none; font-size: .9375rem; }
.steps { padding-left: 1.125rem; list-style: disc; }
.steps li { padding: .2rem 0; }
.steps li::marker { color: var(--soft); }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--ground);
  border: 1px solid var(--line); border-radius: .375rem; padding: .1em .4em; white-space: nowrap; }
footer { margin-top: 2rem; font-size: .875rem; color: var(--soft); }
"""

_PAGE: Final = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title · Smarther Recorder</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main>
<svg class="mark $mark" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/>$sign</svg>
<h1>$title</h1>
<p>$told</p>
$plants$steps<footer>Smarther Recorder</footer>
</main>
</body>
</html>
"""
)

_SIGNS: Final[Mapping[Sign, str]] = {
    Sign.DONE: '<path d="m14 25 7 7 13-15"/>',
    Sign.WAIT: '<path d="M24 13v11l7 5"/>',
    Sign.STOP: '<path d="M24 13v14M24 34v.5"/>',
}

_STANDINGS: Final[Mapping[str, tuple[Sign, str]]] = {
    "healthy": (Sign.DONE, "connected"),
    "created": (Sign.DONE, "connected"),
    "remade": (Sign.DONE, "connected"),
    "missing": (Sign.WAIT, "not yet"),
    "unknown": (Sign.WAIT, "not yet"),
}

_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Robots-Tag": "noindex",
}
"""Nothing but this page's own style may load; it may not be framed, cached, or named to anybody as where one came from,
since its address held the code.

They are those of OWASP's Secure Headers Project (https://owasp.org/www-project-secure-headers/) but for what would
reach beyond the page where the owner has put a domain of their own in front: `includeSubDomains`, `Clear-Site-Data`."""


def html(page: ConsentPage) -> str:
    """The page as a document."""
    return _PAGE.substitute(
        title=escape(page.title),
        style=_STYLE,
        mark=page.mark,
        sign=_SIGNS[page.mark],
        told=_prose(page.told),
        plants=_section("Your homes", "homes", map(_plant, page.plants)),
        steps=_section(
            "What happens next" if page.mark is Sign.DONE else "What you can do", "steps", map(_item, page.steps)
        ),
    )


def _section(heading: str, sort: str, items: Iterable[str]) -> str:
    inside = "".join(items)
    return f'<h2>{heading}</h2>\n<ul class="{sort}">{inside}</ul>\n' if inside else ""


def _plant(plant: PlantState) -> str:
    mark, word = _STANDINGS[plant.subscription]
    return f'<li>{escape(plant.name or plant.plant_id)}<span class="{mark}">{word}</span></li>'


def _item(step: str) -> str:
    return f"<li>{_prose(step)}</li>"


def _prose(text: str) -> str:
    """Escaped text, with what stands between backticks set as a command."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
