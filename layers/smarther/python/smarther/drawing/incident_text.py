"""What the keeper found, in words: what has happened, what shows it, and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import without_recovered
from smarther.domain.keeper.keeper_report import is_overdue
from smarther.drawing.text import clock_phrase, clock_text
from smarther.drawing.words.choice import LANGUAGES
from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.language import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta, tzinfo

    from smarther.domain.keeper.incidents import Incident
    from smarther.domain.keeper.keeper_report import Report
    from smarther.drawing.words.language import Language


def notices(  # noqa: PLR0913 - what is known, and how it is written
    report: Report,
    names: Mapping[str, str],
    heard: Collection[str],
    *,
    zone: tzinfo | None,
    now: datetime,
    keeper_every: timedelta,
    words: Language = ENGLISH,
) -> list[Told]:
    """The problems of the keeper's last run, those that need a person first; empty if there are none.

    `heard` has the ids of thermostats that are not silent now; `keeper_every` is the interval of the keeper's schedule.
    """
    at = datetime.fromisoformat(report.at)
    known = report.plant_names | dict(names)
    remedies = {reason.value: remedy for reason, remedy in words.remedies.items()}
    told = [
        Told(words.person_needed, "", (remedies.get(each.reason, each.do),))
        for each in report.person
        if each.reason != Reason.CLIENT_SECRET_BIRTHDAY
    ]
    if is_overdue(now - at, every=keeper_every):
        since = clock_phrase(words.since, at, zone=zone, now=now, words=words)
        silent = words.keeper_silent
        told.append(Told(silent.title, silent.told.format(since=since), silent.steps))
    incidents = without_recovered(report.incidents, heard)
    return [*told, *(incident_text(each, known, zone=zone, now=now, words=words) for each in incidents)]


def mail(incident: Incident, names: Mapping[str, str], *, over: bool, zone: tzinfo, now: datetime) -> tuple[str, str]:
    """Subject and text of a mail about an incident that has begun, or is `over`.

    The text is in every language, one below the other, since the owner's language is not known here.
    """
    told = {tag: incident_text(incident, names, zone=zone, now=now, words=each) for tag, each in LANGUAGES.items()}
    parts = []
    for tag, each in told.items():
        words = LANGUAGES[tag]
        steps = (words.over.format(clock=clock_text(now, zone=zone, now=now, words=words)),) if over else each.steps
        parts.append("\n".join((each.title, each.told, *steps)))
    subject = told[ENGLISH.tag].title
    return (ENGLISH.over_subject.format(title=subject) if over else subject), "\n\n".join(parts)


def incident_text(
    incident: Incident, names: Mapping[str, str], *, zone: tzinfo | None, now: datetime, words: Language = ENGLISH
) -> Told:
    """An incident in words, with times in `zone`, or in this machine's zone if that is None.

    `names` has the names of plants and thermostats, by id; without a name the id is shown.
    """
    told = words.incidents[incident.cause]
    values = {
        "names": ", ".join(names.get(each, each) for each in incident.module_ids),
        "plants": ", ".join(names.get(each, each) for each in incident.plant_ids),
        "count": len(incident.module_ids),
        "of": incident.of,
        "since": clock_phrase(words.since, incident.since, zone=zone, now=now, words=words),
        "clock": clock_text(incident.since, zone=zone, now=now, words=words),
    }
    shown = told.told.format_map(values) + (words.had_changed if incident.changed else "")
    return Told(told.title.format_map(values), shown, told.steps)
