"""What the CloudWatch console says when it asks a custom widget to draw itself.

The shape of the event, and that our own parameters stand at its top level, beside `widgetContext`, and again in
`widgetContext.params` when a `cwdb-action` makes the call:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

DEFAULT_RANGE = timedelta(days=1)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NARROWEST, WIDEST = 240, 2400  # pixels between which a drawing makes sense


class WidgetCallError(Exception):
    """The event's parameters make no sense; the message says which, and may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetCall:
    """One request to draw: the period shown, how instants and temperatures are written, and the place there is."""

    start: datetime
    end: datetime
    zone: tzinfo
    dark: bool
    width: int
    fahrenheit: bool
    module_id: str | None
    """The thermostat to show alone and large; `None` shows the whole home."""
    moved: bool
    """Whether the period was chosen inside the widget, so that there is a way back to the dashboard's."""


def wants_description(event: Mapping[str, object]) -> bool:
    """Whether the console asks for the widget's documentation instead of a drawing."""
    return event.get("describe") is True


def widget_call(event: Mapping[str, object], *, now: datetime, home: tzinfo) -> WidgetCall:
    """The event as a `WidgetCall`; what is missing gets a default, so that an empty event draws the last day.

    The console tells the viewer's offset from UTC as it is today, not the time zone. Where `home` has the same offset
    the viewer is taken to be there, so that the times of last month are right across a change of the clocks.
    Raises `WidgetCallError` when something that was sent cannot be used.
    """
    try:
        context = _Context.model_validate(event.get("widgetContext") or {})
        options = _Options.model_validate({**context.params, **event})
    except ValidationError as invalid:
        first = invalid.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WidgetCallError(f"{place}: {first['msg']}") from invalid
    start, end = _period(options, context.time_range, now)
    offset = context.timezone.offset()
    return WidgetCall(
        start=start,
        end=end,
        zone=home if now.astimezone(home).utcoffset() == offset else timezone(offset),
        dark=context.theme == "dark",
        width=min(max(context.width, NARROWEST), WIDEST),
        fahrenheit=options.unit == "F",
        module_id=options.module,
        moved=options.start is not None,
    )


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _within_reason(milliseconds: int) -> int:
    if not EARLIEST.timestamp() <= milliseconds / 1000 <= LATEST.timestamp():
        raise ValueError("is no instant of this or the next century, in milliseconds")
    return milliseconds


type _Milliseconds = Annotated[int, AfterValidator(_within_reason)]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class _Period(_Sent):
    start: _Milliseconds
    end: _Milliseconds


class _TimeRange(_Period):
    zoom: _Period | None = None


class _Timezone(_Sent):
    offset_iso: str = Field(default="+00:00", alias="offsetISO", pattern=r"^[+-]\d\d:\d\d$")

    def offset(self) -> timedelta:
        """The viewer's offset. Read from `offsetISO`, whose sign cannot be misread, unlike that of a minute count."""
        sign = -1 if self.offset_iso[0] == "-" else 1
        hours, minutes = int(self.offset_iso[1:3]), int(self.offset_iso[4:6])
        return sign * timedelta(hours=min(hours, 23), minutes=min(minutes, 59))


class _Context(_Sent):
    timezone: _Timezone = _Timezone()
    time_range: _TimeRange | None = None
    theme: str = "light"
    width: int = 600
    params: dict[str, object] = Field(default_factory=dict)


class _Options(BaseModel):
    """Our own parameters: `unit` and `module` from the dashboard's definition, the rest from our `cwdb-action`s."""

    unit: Literal["C", "F"] = "C"
    module: str | None = Field(default=None, max_length=200)
    start: _Milliseconds | None = None
    end: _Milliseconds | None = None


def _period(options: _Options, dashboard: _TimeRange | None, now: datetime) -> tuple[datetime, datetime]:
    """A choice inside the widget goes before a zoom of the dashboard, and that before the dashboard's range."""
    if options.start is not None and options.end is not None:
        start, end = _instant(options.start), _instant(options.end)
    elif dashboard is not None:
        chosen = dashboard.zoom or dashboard
        start, end = _instant(chosen.start), _instant(chosen.end)
    else:
        start, end = now - DEFAULT_RANGE, now
    if end <= start:
        raise WidgetCallError("the period shown ends before it begins")
    return start, end
