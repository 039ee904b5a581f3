"""Bodies that could not be read."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.notification import Reject
from smarther.store.quarantine import Quarantine
from smarther.store.table import Table
from smarther_cli.commands.waiting.replay import in_quarantine
from smarther_cli.show import screen
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from tests.cli.conftest import Home, Run


def kept(home: Home, body: bytes, *, reason: str = "not JSON", minutes: int = 0) -> str:
    """Put a body into quarantine; returns its id."""
    Quarantine(home.table).keep(
        body, [Reject("body", reason), Reject("[1]", reason)], received_at=NOW + timedelta(minutes=minutes)
    )
    return hashlib.sha256(body).hexdigest()


def test_an_empty_quarantine_is_good_news(home: Home, run: Run) -> None:
    result = run("quarantine", "list")

    assert result.exit_code == 0
    assert "empty" in result.stdout


def test_bodies_are_listed_newest_first(home: Home, run: Run) -> None:
    ids = [kept(home, f"body {number}".encode(), minutes=number) for number in range(20)]
    assert len({each[0] for each in ids}) > 5, "the bodies of this test lie in too few partitions"

    told = json.loads(run("quarantine", "list", "--json").stdout)
    shown = run("quarantine", "list").stdout

    assert told["count"] == 20
    assert [each["id"] for each in told["bodies"]] == ids[::-1]
    assert told["bodies"][0]["rejected"] == 2
    assert ids[0][:12] in shown
    assert "body: not JSON" in shown


def test_only_the_newest_are_listed_and_the_rest_counted(home: Home, run: Run) -> None:
    ids = [kept(home, f"body {number}".encode(), minutes=number) for number in range(4)]

    result = run("quarantine", "list", "--limit", "1")

    assert ids[3][:12] in result.stdout
    assert ids[2][:12] not in result.stdout
    assert "newest 1 of 4" in result.stderr


@pytest.mark.parametrize(
    "body",
    [b'{"odd": true}', "ü".encode() * 400_000, bytes(range(256)) * 3000, b""],
    ids=["short", "several parts of text", "several parts of bytes", "empty"],
)
def test_a_body_is_given_back_byte_for_byte(home: Home, run: Run, body: bytes) -> None:
    identifier = kept(home, body)

    assert run("quarantine", "show", identifier[:12], "--raw").stdout_bytes == body


def test_a_body_of_several_parts_is_listed_once(home: Home, run: Run) -> None:
    kept(home, b"x" * 400_000)

    assert json.loads(run("quarantine", "list", "--json").stdout)["count"] == 1


def test_a_body_is_shown_with_its_reason(home: Home, run: Run) -> None:
    identifier = kept(home, b"line 1\nline \x1b[2J2", reason="odd [bold]")

    shown = run("quarantine", "show", identifier[:4].upper()).stdout

    assert identifier in shown
    assert "odd [bold]" in shown
    assert "line 1\nline �[2J2" in shown


def test_json_says_how_the_body_is_written(home: Home, run: Run) -> None:
    text, octets = kept(home, b"text"), kept(home, b"\xff")

    assert json.loads(run("quarantine", "show", text, "--json").stdout)["body"] == "text"
    told = json.loads(run("quarantine", "show", octets, "--json").stdout)
    assert (told["encoding"], told["body"]) == ("base64", "/w==")


def test_an_id_that_fits_none_is_told(home: Home, run: Run) -> None:
    assert run("quarantine", "show", "0123").exit_code == 4


@pytest.mark.parametrize("identifier", ["012", "xyz0", "0" * 65])
def test_an_id_that_is_none_is_told(run: Run, identifier: str) -> None:
    assert run("quarantine", "show", identifier).exit_code == 2


def test_an_id_that_fits_several_lists_them(home: Home, run: Run) -> None:
    seen: dict[str, str] = {}
    number = 0
    while True:  # two bodies whose ids begin alike
        digest = hashlib.sha256(f"body {number}".encode()).hexdigest()
        if digest[:4] in seen:
            break
        seen[digest[:4]] = f"body {number}"
        number += 1
    first, second = kept(home, seen[digest[:4]].encode()), kept(home, f"body {number}".encode())

    result = run("quarantine", "show", digest[:4])

    assert result.exit_code == 2
    assert first in result.stderr
    assert second in result.stderr


def test_a_body_that_is_not_all_there_is_told(home: Home, run: Run) -> None:
    identifier = kept(home, b"x" * 400_000)
    home.dynamodb.delete_item(
        TableName=home.table_name,
        Key={"pk": {"S": f"QUARANTINE#{identifier[0]}"}, "sk": {"S": f"BODY#{identifier}#002"}},
    )

    result = run("quarantine", "show", identifier)

    assert result.exit_code == 1
    assert "do not make up the body" in result.stderr


class Crowded:
    """A quarantine of very many small bodies, made up as it is read: seven hundred to a page of a megabyte."""

    def __init__(self, bodies: int) -> None:
        self._bodies = bodies
        self.pages = 0

    def query(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        partition = values[":partition"]["S"].removeprefix("QUARANTINE#")
        one_body = ":part" not in values
        numbers = range(int(partition, 16), self._bodies, 16)[: 1 if one_body else None]
        first = int(request.get("ExclusiveStartKey", {"from": {"N": "0"}})["from"]["N"])
        self.pages += 1
        page, left = numbers[first : first + 700], len(numbers) > first + 700
        more = {"LastEvaluatedKey": {"from": {"N": str(first + 700)}}} if left else {}
        return {"Items": [self._item(f"{partition}{number:063x}", number) for number in page], **more}

    def _item(self, digest: str, number: int) -> dict[str, Any]:
        received_at = (NOW + timedelta(seconds=number)).isoformat()
        texts = {"sk": f"BODY#{digest}#001", "reason": "not JSON", "received_at": received_at, "body": "x"}
        return {name: {"S": text} for name, text in texts.items()} | {"parts": {"N": "1"}, "rejected": {"N": "1"}}


@pytest.mark.shows("quarantine is very full")
def test_of_a_hundred_thousand_bodies_one_page_is_held_at_a_time() -> None:
    table: Any = Crowded(100_000)
    quarantine = Quarantine(Table(table, "table"))

    assert len(list(islice(quarantine.bodies(), 10))) == 10
    assert table.pages == 1
    assert sum(1 for _ in quarantine.bodies()) == 100_000
    read = table.pages
    assert len(list(islice(in_quarantine(quarantine), 10))) == 10
    assert table.pages == read + 1 + 10, "a page of what is there, and each body that is taken"


# ---- for good


def test_junk_is_deleted_for_good_and_counts_no_more(home: Home, run: Run) -> None:
    junk = kept(home, b"x" * 400_000)
    other = kept(home, b"odd")

    result = run("quarantine", "delete", junk[:12], "--yes")

    assert result.exit_code == 0, result.output
    assert [each["id"] for each in json.loads(run("quarantine", "list", "--json").stdout)["bodies"]] == [other]
    items = home.dynamodb.scan(TableName=home.table_name)["Items"]
    assert not [item for item in items if junk in item["sk"]["S"]], "a part of it is left"


def test_several_are_deleted_together(home: Home, run: Run) -> None:
    ids = [kept(home, f"body {number}".encode()) for number in range(3)]

    told = json.loads(run("quarantine", "delete", *ids, ids[0][:12], "--yes", "--json").stdout)

    assert told == {"deleted": ids}
    assert json.loads(run("quarantine", "list", "--json").stdout)["count"] == 0


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_person_is_asked_before(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    monkeypatch.setattr(screen, "can_ask", lambda: True)
    identifier = kept(home, b"odd")

    result = run("quarantine", "delete", identifier[:12], stdin=answer)

    assert "body: not JSON" in result.stderr
    assert (result.exit_code == 0) == (left == 0)
    assert json.loads(run("quarantine", "list", "--json").stdout)["count"] == left


def test_without_a_terminal_and_a_word_nothing_is_deleted(home: Home, run: Run) -> None:
    identifier = kept(home, b"odd")

    assert run("quarantine", "delete", identifier[:12]).exit_code == 2
    assert json.loads(run("quarantine", "list", "--json").stdout)["count"] == 1


def test_of_several_nothing_is_deleted_when_one_is_unknown(home: Home, run: Run) -> None:
    identifier = kept(home, b"odd")

    assert run("quarantine", "delete", identifier[:12], "0123456789ab", "--yes").exit_code == 4
    assert json.loads(run("quarantine", "list", "--json").stdout)["count"] == 1
