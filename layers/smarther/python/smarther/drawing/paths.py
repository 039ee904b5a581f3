"""The shapes of a chart's marks: from spans of a series to SVG paths."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from smarther.domain.summaries.series import Span

    type Point = tuple[float, float]

_NOTHING = Decimal(0)


def runs(spans: Sequence[Span], value: Callable[[Span], Decimal | None]) -> Iterator[list[tuple[Span, Decimal]]]:
    """Unbroken runs of spans in which the value is known, each span with its value."""
    run: list[tuple[Span, Decimal]] = []
    for span in spans:
        known = value(span)
        if run and (known is None or span.start != run[-1][0].end):
            yield run
            run = []
        if known is not None:
            run.append((span, known))
    if run:
        yield run


def at_instants(run: Sequence[tuple[Span, Decimal]]) -> list[tuple[datetime, Decimal]]:
    """The points of a line through readings: each at its own instant."""
    return [(span.start, value) for span, value in run]


def at_middles(run: Sequence[tuple[Span, Decimal]]) -> list[tuple[datetime, Decimal]]:
    """The points of a line through means: each at the middle of its span; the line is level at both ends."""
    corners = [(span.start + (span.end - span.start) / 2, value) for span, value in run]
    return [(run[0][0].start, run[0][1]), *corners, (run[-1][0].end, run[-1][1])]


def steps(run: Sequence[tuple[Span, Decimal]]) -> list[tuple[datetime, Decimal]]:
    """The points of a step line."""
    corners: list[tuple[datetime, Decimal]] = []
    for span, value in run:
        if corners and corners[-1][1] == value:
            corners[-1] = (span.end, value)
        else:
            corners += [(span.start, value), (span.end, value)]
    return corners


def shares(spans: Sequence[Span], share: Callable[[Span], Decimal | None]) -> list[tuple[datetime, datetime, Decimal]]:
    """The stretches in which a share is above zero; adjacent ones with the same share are joined."""
    stretches: list[tuple[datetime, datetime, Decimal]] = []
    for span in spans:
        part = share(span) or _NOTHING
        if stretches and stretches[-1][1:] == (span.start, part):
            stretches[-1] = (stretches[-1][0], span.end, part)
        elif part:
            stretches.append((span.start, span.end, part))
    return stretches


def through(points: Iterable[Point]) -> str:
    """A path through the points, without those that fall on the same pixel as the one before."""
    words: list[str] = []
    for x, y in points:
        word = f"{pixel(x)} {pixel(y)}"
        if not words or words[-1] != word:
            words.append(word)
    return f"M{words[0]}L{' '.join(words[1:])}" if len(words) > 1 else f"M{words[0]}h.1"


def column(left: float, right: float, bottom: float, top: float) -> str:
    """A path around a rectangle."""
    return f"M{pixel(left)} {pixel(bottom)}V{pixel(top)}H{pixel(right)}V{pixel(bottom)}z"


def pixel(number: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{number:.1f}".removesuffix(".0")
