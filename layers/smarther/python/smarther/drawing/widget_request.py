"""The event with which the CloudWatch console asks a custom widget to draw itself.

Our own parameters are at its top level, beside `widgetContext`, and also in `widgetContext.params` where a
`cwdb-action` makes the call. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html

AWS promises nothing about types, and people type the parameters. So a number may be a text, and an instant may be in
milliseconds or in ISO 8601. A value that cannot be read gets its default, because on a dashboard a drawing is better
than an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from smarther.drawing.words.choice import words_of_console
from smarther.drawing.words.english import ENGLISH

if TYPE_CHECKING:
    from datetime import tzinfo

    from smarther.drawing.words.language import Language

    type Period = tuple[datetime, datetime]

DEFAULT_RANGE = timedelta(days=1)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NARROWEST, WIDEST = 240, 2400  # pixels between which a drawing makes sense
DEFAULT_WIDTH = 600

_LONGEST_ID = 200  # characters
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetCall:
    """One request to draw: the period, how instants and temperatures are written, and the width in pixels."""

    start: datetime
    end: datetime
    zone: tzinfo
    dark: bool
    width: int
    fahrenheit: bool
    module_id: str | None
    """The thermostat to show alone and large; `None` shows the whole home."""
    moved: bool
    """Whether the period was chosen in the widget, so that a link back to the dashboard's period is needed."""
    words: Language = ENGLISH
    """The console's language, or English."""


def words_asked_for(event: Mapping[str, object]) -> Language:
    """The language of the console that asks."""
    return words_of_console(_mapping(event.get("widgetContext")).get("locale"))


def wants_description(event: Mapping[str, object]) -> bool:
    """Whether the console asks for the widget's documentation instead of a drawing."""
    return event.get("describe") is True


def widget_call(event: Mapping[str, object], *, now: datetime, home: tzinfo) -> WidgetCall:
    """The event as a `WidgetCall`. A missing or invalid value gets its default: an empty event draws the last day.

    The console gives the viewer's present offset from UTC, not the time zone. Where `home` has the same offset, or
    where none is given, the viewer's zone is taken to be `home`, so that times before a change of the clocks are right.
    """
    context = _mapping(event.get("widgetContext"))
    options = _mapping(context.get("params")) | dict(event)
    dashboard = _mapping(context.get("timeRange"))
    chosen, of_dashboard = _period(options), _period(_mapping(dashboard.get("zoom"))) or _period(dashboard)
    start, end = chosen or of_dashboard or (now - DEFAULT_RANGE, now)
    width = _number(context.get("width"))
    return WidgetCall(
        start=start,
        end=end,
        zone=_zone(_mapping(context.get("timezone")), now, home),
        dark=context.get("theme") == "dark",
        width=DEFAULT_WIDTH if width is None else round(min(max(width, NARROWEST), WIDEST)),
        fahrenheit=options.get("unit") in ("F", "f"),
        module_id=_module_id(options.get("module")),
        moved=chosen is not None,
        words=words_asked_for(event),
    )


def _period(said: Mapping[str, object]) -> Period | None:
    """The period from `start` to `end`; None if one cannot be read, or `end` is not after `start`."""
    start, end = _instant(said.get("start")), _instant(said.get("end"))
    return (start, end) if start is not None and end is not None and start < end else None


def _instant(said: object) -> datetime | None:
    """An instant between EARLIEST and LATEST, from milliseconds or from ISO 8601 with an offset."""
    milliseconds = _number(said)
    try:
        if milliseconds is not None:
            instant = datetime.fromtimestamp(milliseconds / 1000, UTC)
        else:
            instant = datetime.fromisoformat(said if isinstance(said, str) else "")
    except (ValueError, OverflowError, OSError):
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None and EARLIEST <= instant <= LATEST else None


def _number(said: object) -> float | None:
    """A finite number, from a number or from a text."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        number = float(said)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _zone(said: Mapping[str, object], now: datetime, home: tzinfo) -> tzinfo:
    """The viewer's zone, from `offsetISO`: its sign is clear, unlike that of the event's offset in minutes."""
    iso = said.get("offsetISO")
    if iso == "Z":
        iso = "+00:00"
    found = _OFFSET.fullmatch(iso) if isinstance(iso, str) else None
    if found is None:
        return home
    sign, hours, minutes = -1 if found[1] == "-" else 1, min(int(found[2]), 23), min(int(found[3]), 59)
    offset = sign * timedelta(hours=hours, minutes=minutes)
    return home if now.astimezone(home).utcoffset() == offset else timezone(offset)


def _module_id(said: object) -> str | None:
    """The id of the chosen thermostat; None for the whole home."""
    return said if isinstance(said, str) and 0 < len(said) <= _LONGEST_ID else None


def _mapping(said: object) -> dict[str, object]:
    return dict(said) if isinstance(said, Mapping) else {}
