"""Home Assistant's history: the CSV of its history panel, and the JSON of its API.

The panel's download (github.com/home-assistant/frontend, src/panels/history/ha-panel-history.ts, `_downloadHistory`)
has the columns `entity_id,state,last_changed`, and behind them some attributes of climate entities where there are any;
its lines stand entity by entity, and may end early. Of what is older than its recorder keeps, it holds hourly means.

The API's answer to GET /api/history/period (developers.home-assistant.io/docs/api/rest) is a list of states for each
entity. With `minimal_response` only the first and the last of them name their entity.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.readings.json_fields import instant
from smarther_cli.commands.readings.imports.joined import Sample
from smarther_cli.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from smarther_cli.commands.readings.imports.left_out import LeftOut
    from smarther_cli.commands.readings.imports.mapping import SeriesMapping, Target

    type OfEntities = Mapping[str, list[tuple[str | None, Target]]]

_PART: Final = 65_536
_LONGEST: Final = 1_048_576
"""Characters of one state; all of its attributes are less."""
_BETWEEN: Final = " \t\r\n,[]"


def csv_samples(path: Path, mapping: SeriesMapping, left_out: LeftOut) -> Iterator[Sample]:
    """The mapped values of a downloaded history."""
    entities = _by_entity(mapping)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(file, restval="")
        try:
            for row in rows:
                place = f"{path.name}, line {rows.line_num}"
                values = {name: value for name, value in row.items() if isinstance(name, str)}
                yield from _samples(values, values, entities, values.get("entity_id", ""), place, left_out)
        except csv.Error as error:
            raise Failure(f"{path.name} cannot be read behind line {rows.line_num}: {error}.") from None


def json_samples(path: Path, mapping: SeriesMapping, left_out: LeftOut) -> Iterator[Sample]:
    """The mapped values of the API's answer, read state by state."""
    entities = _by_entity(mapping)
    entity = ""
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, state in enumerate(_objects(file, path.name), start=1):
            entity = state.get("entity_id") or entity
            attributes = state.get("attributes")
            yield from _samples(
                state,
                attributes if isinstance(attributes, dict) else {},
                entities,
                entity if isinstance(entity, str) else "",
                f"{path.name}, state {number}",
                left_out,
            )


def _by_entity(mapping: SeriesMapping) -> OfEntities:
    found: dict[str, list[tuple[str | None, Target]]] = {}
    for series, target in mapping.targets:
        found.setdefault(series["entity"], []).append((series.get("attribute"), target))
    return found


def _samples(  # noqa: PLR0913, PLR0917 - what the two forms differ in
    state: Mapping[str, Any],
    attributes: Mapping[str, Any],
    entities: OfEntities,
    entity: str,
    place: str,
    left_out: LeftOut,
) -> Iterator[Sample]:
    left_out.rows += 1
    if not entity:
        left_out.refuse(place, "it names no entity")
        return
    targets = entities.get(entity)
    if targets is None:
        left_out.skip(entity)
        return
    for attribute, target in targets:
        told = (state.get("last_updated") if attribute else None) or state.get("last_changed")
        time = instant(told) if isinstance(told, str) else None
        if time is None:
            left_out.refuse(place, "it has no time with its zone")
            return
        value = attributes.get(attribute) if attribute else state.get("state")
        yield Sample(target, time, "" if value is None else str(value), place)


def _objects(file: TextIO, name: str) -> Iterator[dict[str, Any]]:
    """The objects in lists of lists, one at a time. Raises Failure if it is no JSON."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    text, at_end = "", False
    while True:
        text = text.lstrip(_BETWEEN)
        try:
            found, end = decoder.raw_decode(text)
            text = text[end:]
        except ValueError:
            part = "" if at_end else file.read(_PART)
            at_end = not part
            if (at_end and text) or len(text) > _LONGEST:
                raise Failure(f"{name} is no JSON as Home Assistant writes it, or was broken off.") from None
            if at_end:
                return
            text += part
            continue
        if not isinstance(found, dict):
            raise Failure(f"{name} is no JSON as Home Assistant writes it: it is to hold lists of states.")
        yield found
