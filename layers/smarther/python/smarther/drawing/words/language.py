"""The texts of a language: one field for each, so that none can be missing.

Values are `{placeholders}`. Symbols of units (h, min, °C, %) and names are the same in every language, and not here.
Text between backticks is a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.account.legrand_answers import Reason
    from smarther.domain.keeper.incidents import Cause
    from smarther.domain.readings.home import Load
    from smarther.domain.summaries.series import Grain


class Ending(StrEnum):
    """How a consent can end in the owner's browser."""

    CONNECTED = "connected"
    ACCEPTED = "accepted"
    NO_HOME = "no_home"
    SLOW = "slow"
    DECLINED = "declined"
    SCOPE_REFUSED = "scope_refused"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    NOT_VALID = "not_valid"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    NO_LOGIN = "no_login"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Told:
    """A message to a person: its title, a paragraph, and the next steps."""

    title: str
    told: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language."""

    tag: str
    """The language's tag, as in HTML's `lang` (BCP 47)."""

    # numbers, dates, lengths of time
    decimal_mark: str
    thousands_mark: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """From Monday."""
    period: str
    degrees_range: str
    just_now: str
    ago: str
    days: str
    years: str
    ahead: str
    behind: str

    # charts
    temperature: str
    set_point: str
    set_point_interrupted: str
    humidity: str
    heating: str
    cooling: str
    nothing_recorded: str
    nothing_in_period: str
    newest: str
    mean: str
    heated: str
    cooled: str
    share: str
    grains: Mapping[Grain, str]

    # the home, and one thermostat
    description: str
    one_thermostat: str
    thermostats: str
    loads_count: Mapping[Load, str]
    silent_count: str
    failed_count: str
    also: str
    and_more: str
    show_large: str
    all_thermostats: str
    earlier: str
    later: str
    closer: str
    wider: str
    lengths: tuple[str, ...]
    """Labels of the periods that can be chosen: six hours, a day, a week, a month, a year."""
    length_before: str
    dashboard_period: str
    never_reported: str
    silent: str
    clock_wrong: str
    clock_said: str
    loads: Mapping[Load, str]
    load_unknown: str
    since: tuple[str, str]
    """After the load, since when: with a time of today, and with a date."""
    until: tuple[str, str]
    """After the mode, until when: with a time of today, and with a date."""
    modes: Mapping[str, str]
    """By Legrand's names of the modes."""
    program: str
    card_failed: str
    card_failed_note: str
    no_thermostats: str
    no_thermostats_note: str
    nobody: str
    unanswered: str

    # what has happened
    all_well: str
    person_needed: str
    keeper_silent: Told
    over: str
    over_subject: str
    incidents: Mapping[Cause, Told]
    """With the `names` and `plants` concerned, their `count` `of` how many, `since` when (a phrase, as above), and the
    `clock` of that instant."""
    had_changed: str
    """Behind what is told of pushes that stopped, where it is so."""

    # the pages after consent
    endings: Mapping[Ending, Told]
    remedies: Mapping[Reason, str]
    homes: str
    what_next: str
    what_to_do: str
    connected: str
    not_yet: str
