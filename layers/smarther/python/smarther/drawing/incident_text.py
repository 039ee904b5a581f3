"""An incident in words: what has happened, what shows it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.drawing.text import clock_phrase, clock_text
from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.language import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from smarther.domain.keeper.incidents import Incident
    from smarther.drawing.words.language import Language


def incident_text(
    incident: Incident, names: Mapping[str, str], *, zone: tzinfo | None, now: datetime, words: Language = ENGLISH
) -> Told:
    """An incident in words, in times of `zone`, or of this machine.

    `names` are those of plants and thermostats, by their ids; whoever has none is told by its id.
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
