"""What is not known about the real provider: the open questions, each with its possible answers.

A world has one answer to each. A question's first answer is the default; docs/developer/provider.md gives the reasons.
The recorder has to work in every world.
"""

from dataclasses import dataclass, fields, replace
from random import Random
from typing import Literal, get_args, get_type_hints

type TokenFields = Literal["numbers", "strings", "expires_in", "expires_on", "neither", "mixed"]

NEVER_DRAWN = frozenset({"mixed"})
"""No provider answers in five forms in turn; it is for tests."""


@dataclass(frozen=True, slots=True)
class Variants:
    """One world. A field's docstring is the question; the values of its type are the possible answers."""

    set_point_in_boost: Literal["previous", "missing"] = "previous"
    """Whether BOOST reports the set point from before."""
    set_point_when_off: Literal["protection", "last", "missing"] = "protection"
    """What OFF reports: the set point of PROTECTION, the one from before, or none."""
    set_point_in_protection: Literal["told", "missing"] = "told"
    """Whether PROTECTION reports its set point."""
    odd_boost: Literal["430", "400", "taken"] = "430"
    """The answer to a boost that is not of 30, 60 or 90 minutes; if taken, one without an end lasts 30."""
    past_end: Literal["taken", "430"] = "taken"
    """The answer to an order whose end is in the past."""
    odd_program: Literal["430", "kept"] = "430"
    """The answer to AUTOMATIC without a program's number, or with an unknown one."""
    zulu_in_orders: Literal["utc", "local"] = "utc"
    """How `activationTime` with a `Z` is read."""
    end_in_pushes: Literal["naive", "zulu"] = "naive"
    """Whether local time ends with `Z` in pushes, as it did in 2019."""
    online: Literal["false", "true", "either", "missing"] = "false"
    """The value of this undocumented field of pushes."""
    late_measures: Literal["later", "as_made"] = "later"
    """Whether a late push has measures from when it was sent, later than its `time`."""
    plants: Literal["named", "bare"] = "named"
    """Whether plants have `name` and `type`, and modules `capabilities`."""
    token_fields: TokenFields = "numbers"  # noqa: S105 - a form of answer, no secret
    """The form of the token answer."""
    used_refresh: Literal["revoked", "good"] = "revoked"
    """Whether a used refresh token is revoked, or still good."""
    unauthorized: Literal["code", "words", "text", "expired"] = "code"
    """The body of 401 for an expired access token: APIM's code 11, the documented words, `statusCode` as text, or words
    that say "expired"."""
    push_headers: Literal["bare", "event_grid"] = "bare"
    """Whether pushes have the headers of Azure Event Grid."""
    revoked_grant: Literal["expired", "revoked"] = "expired"
    """The login's error for a grant that was used or revoked: AADB2C90080, as for an expired one, or AADB2C90129."""
    declined: Literal["bare", "described"] = "bare"
    """Whether the redirect after a declined consent says why, as Azure AD B2C usually does."""
    scopes: Literal["ignored", "enforced", "wide_only"] = "ignored"
    """How requested scopes are treated: ignored, enforced by the API, or refused by the login unless they are the two
    of the tutorial."""

    @property
    def unusual(self) -> dict[str, str]:
        """The answers that are not the default."""
        return {name: value for name, value in self.answers.items() if value != getattr(USUAL, name)}

    @property
    def answers(self) -> dict[str, str]:
        """The answer to each question."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


USUAL = Variants()
QUESTIONS: dict[str, tuple[str, ...]] = {
    name: get_args(getattr(hint, "__value__", hint)) for name, hint in get_type_hints(Variants).items()
}
"""The answers to each question, the usual one first."""


def drawn(seed: int) -> Variants:
    """A random world, the same for the same seed."""
    dice = Random(f"{seed}:world")  # noqa: S311 - repeatable on purpose
    known = {name: [answer for answer in answers if answer not in NEVER_DRAWN] for name, answers in QUESTIONS.items()}
    return _answered({name: dice.choice(answers) for name, answers in known.items()})


def described(text: str) -> Variants:
    """The world that a text names: `usual`, `drawn:SEED`, or a list of `question=answer`, separated by commas.

    Raises ValueError for an unknown question or answer.
    """
    if text == "usual":
        return USUAL
    name, colon, seed = text.partition(":")
    if name == "drawn" and colon and seed.removeprefix("-").isdecimal():
        return drawn(int(seed))
    return with_answers(USUAL, dict(_pair(each) for each in text.split(",")))


def with_answers(world: Variants, answers: dict[str, str]) -> Variants:
    """The world with some answers replaced. Raises ValueError for an unknown question or answer."""
    for name, answer in answers.items():
        if name not in QUESTIONS:
            raise ValueError(f"no question {name!r}; there are {', '.join(QUESTIONS)}")
        if answer not in QUESTIONS[name]:
            raise ValueError(f"{name} is one of {', '.join(QUESTIONS[name])}")
    return _answered(world.answers | answers)


def _pair(text: str) -> tuple[str, str]:
    name, equals, answer = text.partition("=")
    if not equals:
        raise ValueError(f"a world is usual, drawn:SEED or question=answer,…, and not {text!r}")
    return name.strip(), answer.strip()


def _answered(answers: dict[str, str]) -> Variants:
    return replace(USUAL, **answers)  # type: ignore[arg-type] # the values are those of QUESTIONS
