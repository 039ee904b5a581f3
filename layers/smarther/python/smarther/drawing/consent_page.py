"""The page that the owner's browser shows after consent: its outcome, and what to do next.

It shows nothing of the request and nothing secret. Names of plants, which the owner gave, are escaped. It is in the
browser's language.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Reason
from smarther.drawing.html import prose
from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.language import Ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smarther.domain.account.consent import NotGiven
    from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report
    from smarther.drawing.words.language import Language, Told


class Sign(StrEnum):
    """The sign at the top of a page."""

    DONE = "done"
    WAIT = "wait"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """One page: how the consent ended, the homes it is for, and what a person has to do first."""

    ending: Ending
    plants: tuple[PlantState, ...] = ()
    person: tuple[PersonNeeded, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return _LOOKS[self.ending][0]

    @property
    def mark(self) -> Sign:
        """The sign at its top."""
        return _LOOKS[self.ending][1]

    def told(self, words: Language) -> Told:
        """The texts of the page in a language. A reason without a text in it has the text of the report."""
        told = words.endings[self.ending]
        demands = (_remedy(each, words) for each in self.person)
        return replace(told, steps=(*demands, *told.steps))


_LOOKS: Final[Mapping[Ending, tuple[int, Sign]]] = {
    Ending.CONNECTED: (200, Sign.DONE),
    Ending.ACCEPTED: (200, Sign.WAIT),
    Ending.NO_HOME: (200, Sign.WAIT),
    Ending.SLOW: (202, Sign.WAIT),
    Ending.DECLINED: (403, Sign.STOP),
    Ending.SCOPE_REFUSED: (400, Sign.STOP),
    Ending.FAILED: (400, Sign.STOP),
    Ending.INCOMPLETE: (400, Sign.STOP),
    Ending.NOT_VALID: (403, Sign.STOP),
    Ending.REFUSED: (400, Sign.STOP),
    Ending.UNAVAILABLE: (503, Sign.WAIT),
    Ending.BUSY: (503, Sign.WAIT),
    Ending.NO_LOGIN: (500, Sign.STOP),
    Ending.BROKEN: (500, Sign.STOP),
}

NOT_VALID: Final = ConsentPage(ending=Ending.NOT_VALID)
REFUSED: Final = ConsentPage(ending=Ending.REFUSED)
UNAVAILABLE: Final = ConsentPage(ending=Ending.UNAVAILABLE)
BUSY: Final = ConsentPage(ending=Ending.BUSY)
SLOW: Final = ConsentPage(ending=Ending.SLOW)
BROKEN: Final = ConsentPage(ending=Ending.BROKEN)


def page_without(not_given: NotGiven) -> ConsentPage:
    """The page for a consent that was not given."""
    return ConsentPage(ending=Ending(not_given.value))


def _remedy(person: PersonNeeded, words: Language) -> str:
    """What a person is to do, in the words of a language."""
    try:
        return words.remedies[Reason(person.reason)]
    except ValueError:  # a reason that only another version knows
        return person.do


def page_for(report: Report) -> ConsentPage:
    """The page for the keeper's report on a consent."""
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
            # The page's own last step says that consent has to be given again.
            others = tuple(each for each in report.person if each.reason != Reason.CONSENT_MISSING)
            return ConsentPage(ending=Ending.NO_LOGIN, person=others)
        case None:
            return BROKEN


def _accepted(report: Report) -> ConsentPage:
    """The page where consent was accepted; it also says what is not well."""
    if report.plants and report.outcome == "healthy":
        return ConsentPage(ending=Ending.CONNECTED, plants=report.plants)
    ending = Ending.ACCEPTED if report.plants else Ending.NO_HOME
    return ConsentPage(ending=ending, plants=report.plants, person=report.person)


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
<html lang="$tag">
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

_CONNECTED: Final = frozenset({"healthy", "created", "remade"})
"""The states of a subscription that exists."""

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
"""Only the page's own style may be loaded. The page may not be framed or cached, and no Referer may be sent, since its
address held the code.

These are the headers of OWASP's Secure Headers Project (https://owasp.org/www-project-secure-headers/), except
`includeSubDomains` and `Clear-Site-Data`: where the owner uses a domain of their own, they would affect other pages."""


def html(page: ConsentPage, words: Language = ENGLISH) -> str:
    """The page as an HTML document, in a language."""
    told = page.told(words)
    return _PAGE.substitute(
        tag=words.tag,
        title=escape(told.title),
        style=_STYLE,
        mark=page.mark,
        sign=_SIGNS[page.mark],
        told=prose(told.told),
        plants=_section(words.homes, "homes", (_plant(plant, words) for plant in page.plants)),
        steps=_section(
            words.what_next if page.mark is Sign.DONE else words.what_to_do, "steps", map(_item, told.steps)
        ),
    )


def _section(heading: str, sort: str, items: Iterable[str]) -> str:
    inside = "".join(items)
    return f'<h2>{escape(heading)}</h2>\n<ul class="{sort}">{inside}</ul>\n' if inside else ""


def _plant(plant: PlantState, words: Language) -> str:
    connected = plant.subscription in _CONNECTED
    mark, word = (Sign.DONE, words.connected) if connected else (Sign.WAIT, words.not_yet)
    return f'<li>{escape(plant.name or plant.plant_id)}<span class="{mark}">{escape(word)}</span></li>'


def _item(step: str) -> str:
    return f"<li>{prose(step)}</li>"
