"""Names and modes that want to be more than text, in everything that shows them."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from smarther.store.keeper_items import KeeperNotes
from smarther.widget.answer import Widget
from tests.cli.conftest import NOW, SPOKE, Home, Run, report, said

if TYPE_CHECKING:
    from pathlib import Path

    from smarther.domain.readings.reading import Reading

ESCAPES = {
    "colour": "\x1b[31mred\x1b[0m",
    "colour of eight bits": "\x9b31mred",
    "title of the window": "\x1b]0;owned\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "carriage return": "room\rgood",
    "backspaces": "bad\b\b\bgood",
    "right to left": "\u202egnp.exe",
    "isolate": "\u2066x\u2069",
    "line separator": "one\u2028two",
    "nothing seen": "a\u200bb\ufeffc",
    "rich": "[bold red]hot[/] [link=https://evil.example]x[/link] :fire:",
    "tag": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onload="alert(1)" \'',
    "end of style": "]]></style></svg><script>1</script>",
    "entity": "&lt;b&gt; &#60;",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "wide formula": "\uff1dcmd|' /C calc'!A0",
    "hidden formula": " \t@SUM(1)",
    "quoted": '";"=1+1',
    "format": "%s %n {0} ${x} `id` $(id)",
    "half an emoji": "\U0001f525\ufe0f",
}
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
LINES = {"\n", "\t"}


@pytest.fixture(params=list(ESCAPES.values()), ids=list(ESCAPES))
def words(request: pytest.FixtureRequest) -> str:
    """A name and a mode."""
    chosen: str = request.param
    return chosen


@pytest.fixture(autouse=True)
def odd_home(home: Home, words: str) -> None:
    """A home whose names are that, which an earlier release took as they came, and whose thermostat says it."""
    for sk, item in (("PLANT#plant-1", {}), ("MODULE#plant-1#module-1", {"module_id": {"S": "module-1"}})):
        key = {"pk": {"S": "DIRECTORY"}, "sk": {"S": sk}, "plant_id": {"S": "plant-1"}}
        home.dynamodb.put_item(TableName=home.table_name, Item={**key, "name": {"S": words}, **item})
    said(home, spoke(words))
    KeeperNotes(home.table).keep_report(report(NOW, troubles=(words,), actions=(words,)))


def spoke(words: str) -> Reading:
    """What the thermostat said, every word of it so."""
    changes: dict[str, Any] = dict.fromkeys(("mode", "function", "activation_time", "sender_system"), words)
    return type(SPOKE)(**{name: getattr(SPOKE, name) for name in SPOKE._fields} | changes | {"extra": {words: words}})


class Read(HTMLParser):
    """The tags and the names of attributes that a browser finds in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def obeyed(shown: str) -> set[str]:
    """What a terminal would obey, or not show, in a text."""
    return {each for each in shown if unicodedata.category(each) in UNSEEN} - LINES


@pytest.mark.shows("names are text")
@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--json"),
        ("history",),
        ("history", "--json"),
        ("history", "--module", "module-1"),
    ],
    ids=" ".join,
)
def test_a_terminal_is_given_nothing_to_obey(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command)

    assert result.exit_code == (1 if command[0] == "status" else 0), result.output  # it tells of a trouble
    assert not obeyed(result.output)


@pytest.mark.shows("names are text")
def test_json_says_it_all_the_same(run: Run, words: str) -> None:
    (row,) = json.loads(run("history", "--json").stdout)["readings"]

    assert row["mode"] == words


@pytest.mark.shows("names are text")
def test_a_spreadsheet_is_given_no_formula(run: Run, words: str, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    assert run("export", "--output", str(file)).exit_code == 0

    with file.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    for name in ("thermostat", "plant", "mode", "function"):
        assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", row[name]), name
    assert words in row["mode"]


@pytest.mark.shows("names are text")
def test_a_drawing_and_a_page_hold_it_as_text(home: Home, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "room.svg"
    assert run("plot", "--module", "module-1", "--output", str(file)).exit_code == 0
    long = SPOKE.time - datetime(2020, 1, 1, tzinfo=UTC)
    widget = Widget(home.table, home=ZoneInfo("Europe/Rome"), stale_after=long, keeper_every=long)
    page = widget.answer({"widgetContext": {"width": 800}}, now=NOW, endpoint="arn:aws:lambda:x")

    drawn = {each.tag.rpartition("}")[2] for each in ET.parse(file).iter()}  # noqa: S314 - our own drawing
    assert "script" not in drawn
    assert "img" not in drawn
    assert isinstance(page, str)
    for text in (page, file.read_text()):
        read = Read()
        read.feed(text)
        assert not {"script", "img"} & read.tags
        assert not [name for name in read.attributes if name.startswith("on")]
        assert not obeyed(text)
