"""What nobody knows of the real provider: the open questions, each with the answers it may have.

A world has one answer to each. The first of a question's answers is the one that is taken where nothing else is said;
docs/developer/provider.md tells why. Whoever depends on this provider has to be right in every world.
"""

from dataclasses import dataclass, fields, replace
from random import Random
from typing import Literal, get_args, get_type_hints

type TokenFields = Literal["numbers", "strings", "expires_in", "expires_on", "neither", "mixed"]

NEVER_DRAWN = frozenset({"mixed"})
"""No provider answers in five ways in turn; a test may want it to."""


@dataclass(frozen=True, slots=True)
class Variants:
    """One world. Docstrings of the fields: the question; the answers are the values of the type."""

    set_point_in_boost: Literal["previous", "missing"] = "previous"
    """Whether BOOST tells the set point that was there before."""
    set_point_when_off: Literal["protection", "last", "missing"] = "protection"
    """What OFF tells: the set point of PROTECTION, the one that was there before, or none."""
    set_point_in_protection: Literal["told", "missing"] = "told"
    """Whether PROTECTION tells its set point."""
    odd_boost: Literal["430", "400", "taken"] = "430"
    """What becomes of a boost that is not of 30, 60 or 90 minutes; one without an end that is taken lasts 30."""
    past_end: Literal["taken", "430"] = "taken"
    """What becomes of an order whose end is over."""
    odd_program: Literal["430", "kept"] = "430"
    """What becomes of AUTOMATIC without a number, or with one that the thermostat does not know."""
    zulu_in_orders: Literal["utc", "local"] = "utc"
    """How `activationTime` with a `Z` is read."""
    end_in_pushes: Literal["naive", "zulu"] = "naive"
    """Whether local time bears a `Z` in pushes, as it did in 2019."""
    online: Literal["false", "true", "either", "missing"] = "false"
    """The undocumented field of pushes."""
    late_measures: Literal["later", "as_made"] = "later"
    """Whether a push that comes late bears measures of when it was sent, later than its `time`."""
    plants: Literal["named", "bare"] = "named"
    """Whether plants have `name` and `type`, and modules `capabilities`."""
    token_fields: TokenFields = "numbers"  # noqa: S105 - a form of answer, no secret
    """The form of the token answer."""
    used_refresh: Literal["revoked", "good"] = "revoked"
    """What a refresh token is once it was used."""
    unauthorized: Literal["code", "words", "text", "expired"] = "code"
    """The body of 401 for an access token that is over: APIM's code 11, the documented words, `statusCode` as text, or
    words that say "expired"."""
    push_headers: Literal["bare", "event_grid"] = "bare"
    """Whether pushes bear the headers of Azure Event Grid."""
    revoked_grant: Literal["expired", "revoked"] = "expired"
    """What the login says of a grant that was used or taken back: AADB2C90080, as of any that is over, or 90129."""
    declined: Literal["bare", "described"] = "bare"
    """Whether the way back from a consent that was declined says why, as Azure AD B2C usually does."""
    scopes: Literal["ignored", "enforced", "wide_only"] = "ignored"
    """What becomes of the scopes that are asked for: nothing, the API holds to them, or the login takes the two of the
    tutorial and no others."""

    @property
    def unusual(self) -> dict[str, str]:
        """The answers that are not the first."""
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
    """A world by chance, the same for the same seed."""
    dice = Random(f"{seed}:world")  # noqa: S311 - repeatable on purpose
    known = {name: [answer for answer in answers if answer not in NEVER_DRAWN] for name, answers in QUESTIONS.items()}
    return _answered({name: dice.choice(answers) for name, answers in known.items()})


def described(text: str) -> Variants:
    """The world that a text names: `usual`, `drawn:SEED`, or `question=answer` several times with commas between.

    Raises ValueError for a question or an answer that there is not.
    """
    if text == "usual":
        return USUAL
    name, colon, seed = text.partition(":")
    if name == "drawn" and colon and seed.removeprefix("-").isdecimal():
        return drawn(int(seed))
    return with_answers(USUAL, dict(_pair(each) for each in text.split(",")))


def with_answers(world: Variants, answers: dict[str, str]) -> Variants:
    """The world with other answers to some questions. Raises ValueError for one that there is not."""
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
