"""The widget's pages as HTML: the whole home, and one thermostat large.

They have no scripts, as the console demands. Links are `cwdb-action` elements, each for the element before it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from smarther.domain.readings.latest import silent_since
from smarther.domain.readings.names import printable
from smarther.domain.readings.reading import instant_text
from smarther.drawing.chart import CHART_STYLE, ChartStyle, chart, summary_text
from smarther.drawing.html import Markup, element, join, prose
from smarther.drawing.text import (
    ago_text,
    clock_error_text,
    clock_phrase,
    clock_text,
    in_zone,
    number_text,
    percent_text,
    period_text,
    temperature_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from smarther.domain.readings.home import Snapshot, Thermostat
    from smarther.domain.readings.latest import ThermostatState
    from smarther.domain.summaries.series import Series
    from smarther.drawing.widget_request import WidgetCall
    from smarther.drawing.words.language import Language, Told

_PADDING, _GUTTER, _CARD_EDGE = 4, 12, 30
_NARROWEST_CARD, _MOST_COLUMNS = 320, 4
_MOST_NAMED = 200  # besides the drawn ones; a name with its link takes a few hundred bytes
_PHONE, _PHONE_PAGE = 340, 640  # pixels: the chart for a page narrower than the event says, and when it is shown
_PERIODS = (timedelta(hours=6), *(timedelta(days=days) for days in (1, 7, 30, 365)))


@dataclass(frozen=True, slots=True)
class Card:
    """One thermostat, its state (`None` where it has no readings), and the series of its chart."""

    thermostat: Thermostat
    state: ThermostatState | None
    series: Series


@dataclass(frozen=True, slots=True)
class UnreadCard:
    """A thermostat of which nothing could be read."""

    thermostat: Thermostat


def _raise(error: Exception) -> None:
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What all parts of a page need: the request, the present, and the ARN of the function that links call.

    `on_failure` is called with the error of a card that cannot be drawn; the card then says that it failed.
    """

    call: WidgetCall
    now: datetime
    stale_after: timedelta
    endpoint: str
    on_failure: Callable[[Exception], None] = _raise

    @property
    def words(self) -> Language:
        """The viewer's language."""
        return self.call.words

    def clock(self, instant: datetime) -> str:
        """An instant as text, by the viewer's clock."""
        return clock_text(instant, zone=self.call.zone, now=self.now, words=self.words)

    def phrase(self, forms: tuple[str, str], instant: datetime) -> str:
        """The same in a phrase."""
        return clock_phrase(forms, instant, zone=self.call.zone, now=self.now, words=self.words)

    def temperature_text(self, celsius: Decimal | None) -> str:
        """A temperature as text, in the viewer's unit."""
        return temperature_text(celsius, fahrenheit=self.call.fahrenheit, words=self.words)

    def is_silent(self, card: Card) -> bool:
        """Whether a thermostat has been silent for too long."""
        found = None if card.state is None else card.state.latest
        since = silent_since(found, known_since=card.thermostat.known_since, now=self.now, limit=self.stale_after)
        return since is not None

    def choice(self, label: str, *, class_: str, title: str | None = None, **parameters: str | int | None) -> Markup:
        """A link that draws the widget again, with these parameters."""
        return join(
            (
                element("a", label, class_=class_, title=title),
                element("cwdb-action", json.dumps(parameters), action="call", display="widget", endpoint=self.endpoint),
            )
        )


def home_page(
    cards: Sequence[Card | UnreadCard],
    view: View,
    *,
    others: Sequence[Thermostat] = (),
    notices: Sequence[Told] | None = None,
) -> str:
    """The page of the whole home: a card for each thermostat; `others` by name, and of very many only the number.

    `notices` say, above the cards, what is not as it should be; None if that is not known.
    """
    told = element("div", *map(_notice, notices), class_="sm-notices") if notices else None
    if not cards:
        return _page(view, told, _empty(view.words))
    columns = max(1, min(len(cards), _MOST_COLUMNS, (view.call.width + _GUTTER) // (_NARROWEST_CARD + _GUTTER)))
    room = (view.call.width - 2 * _PADDING - (columns - 1) * _GUTTER) // columns
    several_plants = len({card.thermostat.plant_id for card in cards}) > 1
    drawn = [(card, _drawn(card, view, width=room, with_plant=several_plants)) for card in cards]
    shown = [card for card, section in drawn if isinstance(card, Card) and section is not None]
    grid = f"grid-template-columns:repeat({columns},minmax(0,1fr))"
    well = notices is not None and not notices and not any(view.is_silent(card) for card in shown)
    home_text = _home_text(shown, view, of=len(cards), well=well)
    return _page(
        view,
        told,
        element("div", element("p", home_text), _legend(shown, view.words), class_="sm-bar"),
        element(
            "div",
            *(section or _failed(card.thermostat, view, with_plant=several_plants) for card, section in drawn),
            class_="sm-cards",
            style=grid,
        ),
        _others(others, view) if others else None,
    )


def _notice(told: Told) -> Markup:
    return element(
        "section",
        element("h3", told.title),
        element("p", told.told) if told.told else None,
        *(element("p", prose(step), class_="sm-do") for step in told.steps),
        class_="sm-card sm-notice",
    )


def _others(others: Sequence[Thermostat], view: View) -> Markup:
    named, more = others[:_MOST_NAMED], others[_MOST_NAMED:]
    words = view.words
    rest = words.and_more.format(count=number_text(len(more), words, form=",")) if more else None
    return element("p", words.also, *(_name(each, view) for each in named), rest, class_="sm-note")


def thermostat_page(card: Card | UnreadCard, view: View) -> str:
    """The page of one thermostat, as large as there is room, with links to other periods."""
    width = view.call.width - 2 * _PADDING
    drawn = _drawn(card, view, width=width, with_plant=True, large=True)
    return _page(
        view,
        element("div", _all(view), *_moves(card.thermostat, view), class_="sm-bar"),
        drawn or _failed(card.thermostat, view, with_plant=True, large=True),
        element("div", _legend([card] if isinstance(card, Card) and drawn else [], view.words), class_="sm-bar"),
    )


def _drawn(card: Card | UnreadCard, view: View, *, width: int, with_plant: bool, large: bool = False) -> Markup | None:
    """The card; `None` where it cannot be drawn."""
    if isinstance(card, UnreadCard):
        return None
    try:
        return _card(card, view, width=width, with_plant=with_plant, large=large)
    except Exception as error:  # whatever it is, it concerns only this card
        view.on_failure(error)
        return None


def _failed(thermostat: Thermostat, view: View, *, with_plant: bool, large: bool = False) -> Markup:
    """The card of a thermostat that could not be read or drawn."""
    return element(
        "section",
        element("header", *_names(thermostat, view, with_plant=with_plant, large=large)),
        element("p", view.words.card_failed, class_="sm-trouble"),
        element("p", view.words.card_failed_note, class_="sm-note"),
        class_="sm-card sm-failed",
    )


def nobody_page(module_id: str, view: View) -> str:
    """The page for a module id that is not in the directory."""
    return _page(
        view,
        element("div", _all(view), class_="sm-bar"),
        element("p", view.words.nobody.format(module_id=module_id), class_="sm-note"),
    )


def unanswered_page(words: Language) -> str:
    """The page for when the table does not answer."""
    return element("p", words.unanswered, lang=words.tag)


def _page(view: View, *content: Markup | None) -> str:
    theme = "sm-dark" if view.call.dark else "sm-light"
    style = element("style", Markup(CHART_STYLE + _STYLE))
    return element("div", style, *content, class_=f"sm {theme} cwdb-no-default-styles", lang=view.words.tag)


def _empty(words: Language) -> Markup:
    return element(
        "section",
        element("h3", words.no_thermostats),
        element("p", words.no_thermostats_note, class_="sm-note"),
        class_="sm-card",
    )


def _home_text(shown: Sequence[Card], view: View, *, of: int, well: bool) -> str:
    loads = Counter(card.state.last.load for card in shown if card.state and not view.is_silent(card))
    silent = sum(view.is_silent(card) for card in shown)
    words = view.words
    parts = [words.thermostats.format(count=of) if of > 1 else words.one_thermostat]
    parts += [words.all_well] if well else []
    parts += [text.format(count=loads[load]) for load, text in words.loads_count.items() if loads[load]]
    parts += [words.silent_count.format(count=silent)] if silent else []
    parts += [words.failed_count.format(count=of - len(shown))] if of > len(shown) else []
    return " · ".join([*parts, *([_period_text(shown[0].series, view)] if shown else [])])


def _period_text(series: Series, view: View) -> str:
    words = view.words
    return f"{period_text(series.start, series.end, zone=view.call.zone, words=words)}, {words.grains[series.grain]}"


def _legend(cards: Sequence[Card], words: Language) -> Markup:
    cooled = any(span.cooling_share for card in cards for span in card.series.spans)
    entries = (
        ("sm-t", words.temperature, "M0 6H22"),
        ("sm-s", words.set_point, "M0 6H22"),
        ("sm-heat", words.heating, "M3 1H19V11H3z"),
        *([("sm-cool", words.cooling, "M3 1H19V11H3z")] if cooled else []),
        ("sm-h", words.humidity, "M0 6H22"),
        ("sm-gap", words.nothing_recorded, "M3 1H19V11H3z"),
    )
    return element(
        "p",
        *(
            element(
                "span",
                element("svg", element("path", d=mark, class_=class_), width=22, height=12, aria_hidden="true"),
                word,
            )
            for class_, word, mark in entries
        ),
        class_="sm-legend",
    )


def _all(view: View) -> Markup:
    return view.choice(f"\u2190 {view.words.all_thermostats}", class_="sm-button", module=None)


def _moves(thermostat: Thermostat, view: View) -> Iterator[Markup]:
    """Links to other periods: half a period earlier and later, and other lengths with the same end."""
    start, end = view.call.start, view.call.end
    half, words = (end - start) / 2, view.words
    yield _move("\u25c2", thermostat, view, (start - half, end - half), words.earlier)
    for label, length in zip(words.lengths, _PERIODS, strict=True):
        title = words.length_before.format(length=label, clock=view.clock(end))
        yield _move(label, thermostat, view, (end - length, end), title)
    yield _move("\u25b8", thermostat, view, (start + half, end + half), words.later)
    yield _move("+", thermostat, view, (start + half / 2, end - half / 2), words.closer)
    yield _move("\u2212", thermostat, view, (start - half, end + half), words.wider)
    if view.call.moved:
        module_id = thermostat.module_id
        yield view.choice(words.dashboard_period, class_="sm-button", module=module_id)


def _move(label: str, thermostat: Thermostat, view: View, period: tuple[datetime, datetime], title: str) -> Markup:
    start, end = (round(instant.timestamp() * 1000) for instant in period)
    shown = end - start == round((view.call.end - view.call.start).total_seconds() * 1000)
    here = shown and label in view.words.lengths
    return view.choice(
        label,
        class_="sm-button sm-here" if here else "sm-button",
        title=title,
        module=thermostat.module_id,
        start=start,
        end=end,
    )


def _card(card: Card, view: View, *, width: int, with_plant: bool, large: bool = False) -> Markup:
    state = card.state
    names = _names(card.thermostat, view, with_plant=with_plant, large=large)
    said = element("span", _said(card, view), class_="sm-ago", title=view.clock(state.latest.at) if state else None)
    return element(
        "section",
        element("header", *names, said),
        _values(state.last, view) if state else None,
        _doing(card.thermostat, state, view) if state else None,
        _clock(state, view.words) if state else None,
        _drawing(card, view, width=width - _CARD_EDGE, large=large),
        element("p", _caption(card, view, large=large), class_="sm-note") if large or card.series.spans else None,
        class_="sm-card sm-stale" if view.is_silent(card) else "sm-card",
    )


def _names(thermostat: Thermostat, view: View, *, with_plant: bool, large: bool) -> Iterator[Markup]:
    yield element("h3", thermostat.name if large else _name(thermostat, view))
    if with_plant:
        yield element("span", thermostat.plant_name, class_="sm-plant")


def _name(thermostat: Thermostat, view: View) -> Markup:
    return view.choice(thermostat.name, class_="sm-name", title=view.words.show_large, module=thermostat.module_id)


def _said(card: Card, view: View) -> str:
    if card.state is None:
        return view.words.never_reported
    found = card.state.latest
    if view.is_silent(card):
        return view.words.silent.format(ago=ago_text(found.heard.received_at, view.now, view.words))
    return ago_text(found.at, view.now, view.words)


def _clock(state: ThermostatState, words: Language) -> Markup | None:
    """A mark where the thermostat's clock is wrong."""
    wrong = state.latest.wrong_clock
    if wrong is None:
        return None
    title = words.clock_said.format(at=instant_text(wrong.at), told=instant_text(wrong.told))
    text = words.clock_wrong.format(error=clock_error_text(wrong.ahead, words))
    return element("p", text, class_="sm-clock", title=title)


def _values(last: Snapshot, view: View) -> Markup:
    return element(
        "p",
        element("b", view.temperature_text(last.temperature), class_="sm-temperature"),
        _value(view.words.set_point, view.temperature_text(last.setpoint)),
        _value(view.words.humidity, percent_text(last.humidity)),
        class_="sm-values",
    )


def _value(label: str, text: str) -> Markup:
    return element("span", element("small", label), text, class_="sm-value")


def _doing(thermostat: Thermostat, state: ThermostatState, view: View) -> Markup:
    load, words = state.last.load, view.words
    if load is None:
        text = words.load_unknown
    elif state.load_since_before:  # it may have begun before the readings that were read, so no time is shown
        text = words.loads[load]
    else:
        text = f"{words.loads[load]} {view.phrase(words.since, state.load_since)}"
    return element(
        "p",
        element("span", text, class_=f"sm-pill sm-{load or 'unknown'}"),
        element("span", _mode_text(state.last, thermostat, view), class_="sm-mode"),
        class_="sm-doing",
    )


def _mode_text(last: Snapshot, thermostat: Thermostat, view: View) -> str | None:
    if last.mode is None:
        return None
    if last.mode == "AUTOMATIC" and last.program is not None:
        name = thermostat.programs.get(last.program)
        numbered = view.words.program.format(number=last.program)
        return f"{view.words.modes[last.mode]} · {name}" if name else numbered
    mode = view.words.modes.get(last.mode, last.mode.capitalize())
    until = "" if last.activation_time is None else f" {_until_text(last.activation_time, view)}"
    return printable(mode + until)


def _until_text(activation_time: str, view: View) -> str:
    """The end of the mode, which is sent as an instant or as `start/end`.

    An instant with a zone is shown by the viewer's clock; one without is by the home's clock, and is shown as it is. A
    text that is not an instant is shown as it was sent.
    """
    end = activation_time.rpartition("/")[2]
    words = view.words
    try:
        instant = datetime.fromisoformat(end)
    except ValueError:
        return words.until[0].format(clock=end)
    if instant.tzinfo is not None:
        return view.phrase(words.until, instant)
    on_the_wall = in_zone(view.now, view.call.zone).replace(tzinfo=UTC)
    return clock_phrase(words.until, instant.replace(tzinfo=UTC), zone=UTC, now=on_the_wall, words=words)


def _drawing(card: Card, view: View, *, width: int, large: bool) -> Markup:
    """The chart for the width of the event, and a second one for a page that is as narrow as a phone's."""
    wide = _chart(card, view, width=width, large=large)
    if view.call.width <= _PHONE_PAGE or width <= _PHONE * 1.5:
        return wide
    return join(
        (
            element("div", wide, class_="sm-wide"),
            element("div", _chart(card, view, width=_PHONE, large=large), class_="sm-narrow"),
        )
    )


def _chart(card: Card, view: View, *, width: int, large: bool) -> Markup:
    height = min(max(width // 3, 230), 380) if large else min(max(width // 2, 170), 240)
    call = view.call
    style = ChartStyle(width=width, height=height, zone=call.zone, fahrenheit=call.fahrenheit, words=call.words)
    return chart(card.series, style, name=card.thermostat.name)


def _caption(card: Card, view: View, *, large: bool) -> str:
    summary = summary_text(card.series, fahrenheit=view.call.fahrenheit, short=not large, words=view.words)
    return f"{_period_text(card.series, view)}: {summary}" if large else summary


_STYLE = """
.sm{font:14px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);padding:4px}
.sm *{box-sizing:border-box;margin:0}.sm cwdb-action{display:none}
.sm-light{--warn:#8d6605;--warm:#fdf0dc;--cold:#e1f1fb;--calm:#eef1f2}
.sm-dark{--warn:#f2cd54;--warm:#46361a;--cold:#1d3d52;--calm:#2a3440}
.sm-bar{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-bottom:10px}
.sm-bar>p:first-child{margin-right:auto;color:var(--soft);font-size:13px}
.sm-bar>p.sm-legend{display:flex;flex-wrap:wrap;gap:2px 14px;color:var(--soft);font-size:12px}
.sm-legend span{display:inline-flex;align-items:center;gap:5px}
.sm-button{border:1px solid var(--line);border-radius:14px;padding:2px 11px;font-size:12px;color:var(--ink);
background:var(--card);cursor:pointer;text-decoration:none;white-space:nowrap}
.sm-button:hover{border-color:var(--ink)}.sm-here{border-color:var(--s);color:var(--s);font-weight:600}
.sm-card+.sm-bar{margin:10px 2px 0}.sm-cards{display:grid;gap:12px}
@media(max-width:640px){.sm .sm-cards{grid-template-columns:minmax(0,1fr)!important}}
.sm-card{min-width:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.sm-card header{display:flex;flex-wrap:wrap;gap:0 10px;align-items:baseline;margin-bottom:4px}
.sm-card h3{font-size:15px;font-weight:600;overflow-wrap:anywhere;min-width:0}
@media(max-width:640px),(pointer:coarse){.sm .sm-button{display:inline-flex;align-items:center;justify-content:center;
min-width:44px;min-height:44px;border-radius:22px;font-size:14px}
.sm h3 .sm-name{display:block;position:relative;z-index:1;padding:12px 0;margin:-12px 0}
.sm .sm-note .sm-name{padding:14px 0}}
.sm-note .sm-name{display:inline-block;margin-right:14px}
.sm-name{color:inherit;text-decoration:none;cursor:pointer}.sm-name:hover{text-decoration:underline}
.sm-plant,.sm-ago,.sm-mode,.sm-note{color:var(--soft);font-size:12px;overflow-wrap:anywhere}
.sm-ago{margin-left:auto;text-align:right}
.sm-values{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:flex-end;font-variant-numeric:tabular-nums}
.sm-temperature{font-size:28px;line-height:1.15;font-weight:600}
.sm-value small{display:block;font-size:11px;line-height:1.2;color:var(--soft)}
.sm-doing{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;margin:6px 0 8px}
.sm-pill{border-radius:10px;padding:1px 9px;font-size:12px;font-weight:600;background:var(--calm)}
.sm-heating{background:var(--warm)}.sm-cooling{background:var(--cold)}.sm-idle,.sm-unknown{font-weight:400}
.sm-stale{border:2px dashed var(--warn)}.sm-stale .sm-ago{color:var(--warn);font-weight:600}
.sm-stale .sm-values,.sm-stale .sm-pill{color:var(--soft);font-weight:400}.sm-stale .sm-temperature{font-weight:400}
.sm-failed{border:2px dotted var(--warn)}.sm-trouble{color:var(--warn);font-weight:600;margin-bottom:2px}
.sm-notices{display:grid;gap:8px;margin-bottom:12px}.sm-notice{border-left:4px solid var(--warn)}
.sm-notice h3{margin-bottom:2px}.sm-notice p{font-size:13px;overflow-wrap:anywhere}
.sm .sm-notice .sm-do{font-weight:600;margin-top:4px}
.sm-clock{color:var(--warn);font-size:12px;margin:-4px 0 8px}
.sm-narrow{display:none}@media(max-width:640px){.sm .sm-wide{display:none}.sm .sm-narrow{display:block}}
"""
