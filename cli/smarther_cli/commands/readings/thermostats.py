"""Thermostats by the names that people give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smarther.domain.readings.home import Thermostat
from smarther_cli.errors import NotFound, WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def chosen(wanted: Sequence[str], thermostats: Sequence[Thermostat], *, plants: Sequence[str] = ()) -> list[Thermostat]:
    """The wanted thermostats, each once; all of them where none is named; only those of `plants`, where one is named.

    Raises NotFound and WrongUse, as `named` does.
    """
    if plants:
        thermostats = _of_plants(plants, thermostats)
    if not wanted:
        return list(thermostats)
    found = {one.module_id: one for one in (named(each, thermostats) for each in wanted)}
    return list(found.values())


def named(wanted: str, thermostats: Sequence[Thermostat]) -> Thermostat:
    """The thermostat with this id or name, or the only one whose name or id begins so, in upper or lower case.

    An id that is not in the directory is accepted, since the readings of a thermostat outlive its entry there. Raises
    NotFound with the known names, and WrongUse with the candidates where there are several.
    """
    sought = wanted.casefold()
    for matches in (
        [one for one in thermostats if one.module_id.casefold() == sought],
        [one for one in thermostats if one.name.casefold() == sought],
        [one for one in thermostats if one.name.casefold().startswith(sought) or _begins(one.module_id, sought)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            more = "\nIts plant tells them apart: --plant." if several_plants(matches) else ""
            raise WrongUse(f"{wanted!r} could be any of these:", _listed(matches) + more)
    if _ID.fullmatch(wanted):
        return Thermostat(module_id=wanted, name=wanted, plant_id="", plant_name="")
    if not thermostats:
        raise NotFound(
            f"There is no thermostat {wanted!r}: none is known yet.",
            "They become known when consent was given and the keeper has run (`smarther status`).",
        )
    raise NotFound(f"There is no thermostat {wanted!r}. These are known:", _listed(thermostats))


def several_plants(thermostats: Iterable[Thermostat]) -> bool:
    """Whether they are of more than one plant, so that names may be equal."""
    return len({one.plant_id for one in thermostats}) > 1


def _of_plants(wanted: Sequence[str], thermostats: Sequence[Thermostat]) -> list[Thermostat]:
    names = {one.plant_id: one.plant_name for one in thermostats}
    plant_ids = {_plant(each, names) for each in wanted}
    return [one for one in thermostats if one.plant_id in plant_ids]


def _plant(wanted: str, names: Mapping[str, str]) -> str:
    """The plant with this id or name, or the only one whose name or id begins so, in upper or lower case."""
    sought = wanted.casefold()
    listed = "\n".join(f"  {name}  ({plant_id})" for plant_id, name in names.items())
    for matches in (
        [plant_id for plant_id in names if plant_id.casefold() == sought],
        [plant_id for plant_id, name in names.items() if name.casefold() == sought],
        [key for key, name in names.items() if sought and (name.casefold().startswith(sought) or _begins(key, sought))],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise WrongUse(f"{wanted!r} could be any of these:", listed)
    if not names:
        raise NotFound(
            f"There is no plant {wanted!r}: none is known yet.",
            "They become known when consent was given and the keeper has run (`smarther status`).",
        )
    raise NotFound(f"There is no plant {wanted!r}. These are known:", listed)


def _begins(module_id: str, sought: str) -> bool:
    return bool(sought) and module_id.casefold().startswith(sought)


def _listed(thermostats: Sequence[Thermostat]) -> str:
    return "\n".join(f"  {one.name}  ({one.plant_name}, {one.module_id})" for one in thermostats)
