"""The actions and troubles of a run of the keeper in words, for which its report has names for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.keeper.keeper_report import Report

ACTIONS: Final[Mapping[str, str]] = {
    "consent_accepted": "put the consent to use",
    "tokens_renewed": "renewed the tokens",
    "subscription_created": "subscribed {whose}",
    "subscription_remade": "subscribed {whose} again, as nothing had come",
    "subscription_removed": "removed a subscription of {whose}{why}",
    "webhook_rotated": "replaced the secret in the webhook's address",
    "webhook_secret_made": "made the secret in the webhook's address",
    "provider_moved": "asked Legrand at another address than before",
    "provider_as_before": "found Legrand's API as it had been before it changed",
    "first_word": "asked {whose} for its present values",
    "gap_filled": "asked {whose}, which had been silent",
}
REMOVAL_REASONS: Final[Mapping[str, str]] = {
    "plant_not_wanted": ", a plant that is not to be recorded",
    "duplicate": ", which was there twice",
    "stale_secret": ", whose address holds a secret of before",
}
CALLS: Final[Mapping[str, str]] = {
    "list": "asking Legrand for the subscriptions",
    "subscribe": "subscribing at Legrand",
    "unsubscribe": "removing a subscription at Legrand",
    "plants": "asking Legrand for the plants",
    "topology": "asking Legrand for a plant's thermostats",
    "status": "asking Legrand for a thermostat's values",
    "programs": "asking Legrand for the names of a thermostat's programs",
    "names": "asking Legrand for names",
    "exchange": "exchanging the consent for tokens at Legrand",
    "refresh": "renewing the tokens at Legrand",
    "webhook": "replacing the secret in the webhook's address",
    "silence": "checking thermostats for silence",
    "missing_pushes": "finding out whether pushes are missing",
    "incidents": "finding out whose fault it is, and telling it",
    "run": "this run",
}
OPERATIONS: Final[Mapping[str, str]] = {**CALLS, "token": "asking Legrand's login for tokens"}
"""The same with both ways to tokens as one, which is how it is remembered what answers nobody knows."""
KINDS: Final[Mapping[Kind, str]] = {
    Kind.OK: "an answer that cannot be used",
    Kind.TRANSIENT: "no good answer just now",
    Kind.QUOTA: "no more calls are granted now",
    Kind.FORBIDDEN: "forbidden, and not for the quota",
    Kind.PERSON: "a person is needed first",
    Kind.UNAUTHORISED: "the access token was refused",
    Kind.CONFLICT: "it is said to be there already",
    Kind.NOT_FOUND: "not found",
    Kind.GONE: "it is there no longer",
    Kind.NO_HOST: "the name of Legrand's host does not resolve",
    Kind.STRANGE: "an answer that nobody knows",
    Kind.BUG: "the call was taken for a wrong one",
}
_TROUBLE: Final = re.compile(r"(\w+): (.*?)((?: \(\d{3}\))?)")


def actions(report: Report) -> list[str]:
    """The actions of a run, one on each line; one that only another version knows keeps its name."""
    names = report.plant_names
    names |= {each.module_id: each.name for each in report.silent if each.name}
    names |= {each.module_id: each.name for each in report.clocks if each.name}
    return [_action(action, names) for action in report.actions]


def action_parts(action: str) -> tuple[str, str, str]:
    """What was done, to whom, and why; empty if it does not say."""
    what, _, about = action.partition(" ")
    whose, _, why = about.partition(" ")
    return what, whose, why


def _action(action: str, names: Mapping[str, str]) -> str:
    what, whose, why = action_parts(action)
    words = ACTIONS.get(what)
    return action if words is None else words.format(whose=names.get(whose, whose), why=REMOVAL_REASONS.get(why, ""))


def troubles(report: Report) -> list[str]:
    """The troubles of a run, one on each line."""
    return [_trouble(trouble) for trouble in report.troubles]


def trouble_parts(trouble: str) -> tuple[str, str, str] | None:
    """The call that went wrong, how, and the status as ` (503)`, empty without one; None for no known call."""
    found = _TROUBLE.fullmatch(trouble)
    return None if found is None or found[1] not in CALLS else (found[1], found[2], found[3])


def _trouble(trouble: str) -> str:
    parts = trouble_parts(trouble)
    if parts is None:
        return trouble
    call, how, status = parts
    return f"{CALLS[call]}: {KINDS.get(Kind(how), how) if how in frozenset(Kind) else how}{status}"
