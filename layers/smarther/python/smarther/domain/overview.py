"""The home at a glance, as HTML: a card per thermostat with what it measures, what it was told and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from smarther.domain.home import Load
from smarther.domain.markup import Markup, element, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smarther.domain.home import Snapshot, Standing, Thermostat
    from smarther.domain.widget_call import WidgetCall

NEWEST_SNAPSHOTS = 40
"""Snapshots read per thermostat to tell since when it heats: a few hours of a busy one."""

DESCRIPTION = """\
## The home

A card per thermostat: temperature, set point, humidity, whether it heats and since when, its mode, and how long ago
it spoke. One that has been silent for too long stands out.

### Parameters
| Name | Meaning |
|---|---|
| **unit** | `C` (as without it) or `F` |
| **module** | the id of one thermostat, to show it alone |

### Example
``` yaml
unit: C
```
"""

_FAHRENHEIT_STEP, _FAHRENHEIT_ZERO = Decimal("1.8"), Decimal(32)


@dataclass(frozen=True, slots=True)
class Card:
    """One thermostat and where it stands; `None` when it never reported."""

    thermostat: Thermostat
    standing: Standing | None


def home_page(cards: Sequence[Card], call: WidgetCall, *, now: datetime, stale_after: timedelta) -> str:
    """The whole widget for these thermostats."""
    if not cards:
        return _page(
            call,
            element(
                "p", "No thermostats yet. They appear after consent was given and the keeper ran.", class_="sm-note"
            ),
        )
    several_plants = len({card.thermostat.plant_id for card in cards}) > 1
    drawn = (_card(card, call, now, stale_after, with_plant=several_plants) for card in cards)
    return _page(call, element("div", *drawn, class_="sm-grid"))


def refusal_page(reason: str) -> str:
    """What is shown instead of a drawing when the widget's parameters cannot be used."""
    return element("p", f"This widget's parameters cannot be used. {reason}")


def temperature_text(celsius: Decimal, *, fahrenheit: bool) -> str:
    """One decimal and the unit."""
    value = celsius * _FAHRENHEIT_STEP + _FAHRENHEIT_ZERO if fahrenheit else celsius
    return f"{value:.1f} °{'F' if fahrenheit else 'C'}"


def ago_text(instant: datetime, now: datetime) -> str:
    """How long ago, in the coarsest unit that still tells something."""
    minutes = int((now - instant).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


def _page(call: WidgetCall, *content: Markup) -> str:
    theme = "sm-dark" if call.dark else "sm-light"
    return element("div", element("style", _STYLE), *content, class_=f"sm {theme} cwdb-no-default-styles")


def _card(card: Card, call: WidgetCall, now: datetime, stale_after: timedelta, *, with_plant: bool) -> Markup:
    standing = card.standing
    stale = standing is None or standing.is_stale(now, stale_after)
    heading = element(
        "header",
        element("h3", card.thermostat.name),
        element("span", card.thermostat.plant_name, class_="sm-plant") if with_plant else None,
    )
    if standing is None:
        body = element("p", "Never reported.", class_="sm-note")
    else:
        body = join((_values(standing.last, call), _doing(standing, call, now), _said(standing.last, now, stale=stale)))
    return element("section", heading, body, class_="sm-card sm-stale" if stale else "sm-card")


def _values(last: Snapshot, call: WidgetCall) -> Markup:
    def temperature(value: Decimal | None) -> str:
        return "–" if value is None else temperature_text(value, fahrenheit=call.fahrenheit)

    return element(
        "p",
        element("span", temperature(last.temperature), class_="sm-temperature", title="Temperature"),
        element("span", f"→ {temperature(last.setpoint)}", class_="sm-setpoint", title="Set point"),
        element(
            "span",
            "–" if last.humidity is None else f"{last.humidity:.0f} %",
            class_="sm-humidity",
            title="Humidity",
        ),
        class_="sm-values",
    )


def _doing(standing: Standing, call: WidgetCall, now: datetime) -> Markup:
    load = standing.last.load
    words = {Load.HEATING: "Heating", Load.COOLING: "Cooling", Load.IDLE: "Idle", None: "State not sent"}[load]
    since = f" {'since before' if standing.load_since_before else 'since'} {_clock(standing.load_since, call, now)}"
    return element(
        "p",
        element("span", words, class_=f"sm-load sm-{load or 'unknown'}"),
        since if load is not None else None,
        element("span", _mode_text(standing.last, call, now), class_="sm-mode"),
        class_="sm-doing",
    )


def _said(last: Snapshot, now: datetime, *, stale: bool) -> Markup:
    said = ago_text(last.time, now)
    return element("p", f"Silent: last heard {said}" if stale else said, class_="sm-ago")


def _mode_text(last: Snapshot, call: WidgetCall, now: datetime) -> str:
    if last.mode is None:
        return ""
    if last.mode == "AUTOMATIC" and last.program is not None:
        return f"Program {last.program}"
    until = "" if last.activation_time is None else f" until {_until_text(last.activation_time, call, now)}"
    return last.mode.capitalize() + until


def _until_text(activation_time: str, call: WidgetCall, now: datetime) -> str:
    """The end of what was sent as an instant or as `start/end`.

    Zoned instants are written in the viewer's time; one without a zone is the home's own clock and stays as it is.
    What is no instant is shown as sent.
    """
    end = activation_time.rpartition("/")[2]
    try:
        instant = datetime.fromisoformat(end)
    except ValueError:
        return end
    if instant.tzinfo is None:
        return f"{instant:%H:%M}" if instant.date() == now.astimezone(call.zone).date() else f"{instant:%d %b %H:%M}"
    return _clock(instant, call, now)


def _clock(instant: datetime, call: WidgetCall, now: datetime) -> str:
    local = instant.astimezone(call.zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(call.zone).date() else f"{local:%d %b %H:%M}"


_STYLE = Markup("""
.sm{font:14px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);padding:4px}
.sm *{box-sizing:border-box;margin:0}
.sm-light{--ink:#16191f;--soft:#545b64;--card:#fff;--line:#d5dbdb;--heat:#b34700;--cool:#0072b2;--warn:#8d6605}
.sm-dark{--ink:#e9ebed;--soft:#a3adb8;--card:#1b232d;--line:#414d5c;--heat:#ff9d5c;--cool:#7cc8f5;--warn:#f2cd54}
.sm-grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,260px),1fr));gap:12px}
.sm-card{min-width:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.sm-card header{display:flex;justify-content:space-between;gap:8px;align-items:baseline}
.sm-card h3{font-size:15px;font-weight:600;overflow-wrap:anywhere}
.sm-plant,.sm-ago,.sm-mode,.sm-note{color:var(--soft);font-size:12px}
.sm-values{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline;font-variant-numeric:tabular-nums}
.sm-temperature{font-size:28px;font-weight:600}
.sm-doing{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline;font-size:12px}
.sm-load{font-weight:600}.sm-heating{color:var(--heat)}.sm-cooling{color:var(--cool)}
.sm-stale{border:2px dashed var(--warn)}.sm-stale .sm-ago,.sm-stale .sm-note{color:var(--warn);font-weight:600}
""")
