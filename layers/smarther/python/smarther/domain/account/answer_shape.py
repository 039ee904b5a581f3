"""The form of an answer without its content, so that an answer of unknown form can be reported.

Answers hold ids, names and tokens, as values and perhaps as keys. So only the type of a value is shown, and a key only
if all its words are in the vocabulary below: Legrand's own words, and those of any API.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

LONGEST: Final = 1500
"""Characters of a form; a longer one is cut."""
_DEEPEST: Final = 7
_MOST_KEYS: Final = 40
_MOST_ENTRIES: Final = 100
_MOST_FORMS: Final = 4

_VOCABULARY: Final = """
    access account activation active address addresses api app application array at authorization available base battery
    body boost can capabilities capability category channel chronothermostat chronothermostats cloud code codes command
    comfort company connected content cooling count created current custom data date day days default description
    detail details device devices do elements enabled end endpoint energy error errors event events expires expiry
    family fault features field fields firmware format function functions gateway group groups hardware header heating
    home homes href humidity hygrometer id ids in index info inner is issued items key kind last level limit link links
    list load location locations measure measures message messages meta metadata method mode model module modules name
    names next node nodes not notification number object oid offset on online operation order output page pages
    parameter parameters path payload plan plant plants point position product profile program programs properties
    property protection protocol provider quota read reason receiver refresh region relay replaced request resource
    resources response result results room rooms schedule scope sender sensor serial service set setpoint size sort
    source start state status step subject subscription subscriptions success sunset system target temperature text
    thermometer thermoregulation thermostat thermostats time timestamp timezone title to token topology total trace type
    types unit units until updated uri url user users valid validation value values version warning warnings weather
    week write zone zones
"""
_WORDS: Final = frozenset(_VOCABULARY.split())
_TYPES: Final = {str: "text", int: "number", float: "number", bool: "true or false", type(None): "null"}
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_KEY: Final = re.compile(r"[A-Za-z_-]{1,40}")


NO_DATA: Final = frozenset({"nothing", "markup", "text"})
"""The forms of bodies that are not JSON; they may be from a server in front of the API."""


def shape_of(body: bytes) -> str:
    """The form of an answer's body, as JSON: the keys of objects, and the types of values.

    A body that is not JSON has a form of `NO_DATA`.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _of_no_json(body)
    text = json.dumps(_form(document, _DEEPEST))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _of_no_json(body: bytes) -> str:
    stripped = body.strip()
    if not stripped:
        return "nothing"
    return "markup" if stripped.startswith(b"<") else "text"


def _form(value: Any, depth: int) -> Any:
    if isinstance(value, dict | list):
        if depth == 0:
            return "more"
        return _object(value, depth) if isinstance(value, dict) else _entries(value, depth)
    return _TYPES[type(value)]


def _object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    form: dict[str, Any] = {}
    unknown = 0
    for key, inner in list(value.items())[:_MOST_KEYS]:
        name = key
        if not _is_known(key):
            unknown += 1
            name = f"?{unknown}"
        form[name] = _form(inner, depth - 1)
    return form


def _entries(value: list[Any], depth: int) -> list[Any]:
    forms: list[Any] = []
    for entry in value[:_MOST_ENTRIES]:
        form = _form(entry, depth - 1)
        if form not in forms:
            forms.append(form)
    return forms[:_MOST_FORMS]


def _is_known(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and all(word.casefold() in _WORDS for word in _WORD.findall(key))
