"""JSON, numbers and instants as the provider writes them, and all the ways in which they can be none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain import json_fields
from smarther.domain.json_fields import Fields, UnreadableError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("19.00000", "19"),
        ("20", "20"),
        ("60.0", "60"),
        ("-0.50", "-0.5"),
        ("+7", "7"),
        (".5", "0.5"),
        ("7.", "7"),
        ("2e1", "20"),
        ("0e500", "0"),
        ("-0.0", "0"),
        ("1e125", "1E+125"),
        ("1e-130", "1E-130"),
        ("9" * 38, "9" * 38),
        ("1" + "0" * 37, "1" + "0" * 37),
        ("0.1" + "0" * 90, "0.1"),
    ],
)
def test_a_number_has_one_form(text: str, number: str) -> None:
    assert str(json_fields.decimal(text)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e126",
        "1e-131",
        "1e99999999999999999999",
        "9" * 39,
        "1." + "1" * 38,
        "0" * 101,
        "1_000",
        " 19",
        "19 ",
        "19\n",
        "19,5",
        "0x13",
        "١٩",
        "1e",
        ".",
    ],
)
def test_what_is_no_storable_number(text: str) -> None:
    assert json_fields.decimal(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9), max_value=10**9))
def test_the_form_of_a_number_changes_nothing_of_its_value(number: Decimal) -> None:
    read = json_fields.decimal(str(number))
    assert read == number
    assert str(json_fields.decimal(f"{number:f}")) == str(read)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-01-05T17:53:23+00:00", datetime(2021, 1, 5, 17, 53, 23, tzinfo=UTC)),
        ("2021-02-27T22:49:32+02:00", datetime(2021, 2, 27, 20, 49, 32, tzinfo=UTC)),
        ("2021-02-27T22:49:32-0130", datetime(2021, 2, 28, 0, 19, 32, tzinfo=UTC)),
        ("2019-01-24T15:30:20Z", datetime(2019, 1, 24, 15, 30, 20, tzinfo=UTC)),
        ("2019-01-24t15:30:20z", datetime(2019, 1, 24, 15, 30, 20, tzinfo=UTC)),
        ("2019-01-24 15:30:20Z", datetime(2019, 1, 24, 15, 30, 20, tzinfo=UTC)),
        ("2019-03-09T15:25:52.83003Z", datetime(2019, 3, 9, 15, 25, 52, 830030, tzinfo=UTC)),
        ("2019-03-09T15:25:52,1234567891011Z", datetime(2019, 3, 9, 15, 25, 52, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime(2017, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-29T02:30:00+01:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text: str, instant: datetime) -> None:
    read = json_fields.instant(text)
    assert read == instant
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2021-01-05",
        "2021-01-05T17:53:23",
        "2021-01-05T17:53Z",
        "20210105T175323Z",
        "2021-13-05T17:53:23Z",
        "2021-02-29T17:53:23Z",
        "2021-01-05T24:00:00Z",
        "2021-01-05T17:60:23Z",
        "2021-01-05T17:53:61Z",
        "2021-01-05T17:53:23.Z",
        "2021-01-05T17:53:23+24:00",
        "2021-01-05T17:53:23+02:60",
        "2021-01-05T17:53:23+02",
        "2021-01-05T17:53:23Z ",
        "2021-01-05T17:53:23Z\n",
        "0000-01-05T17:53:23Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "９９９９-12-31T23:59:59Z",
    ],
)
def test_what_is_no_instant(text: str) -> None:
    assert json_fields.instant(text) is None


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=st.timezones()))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_any_instant_with_an_offset_is_read(instant: datetime) -> None:
    offset = instant.utcoffset()
    if offset is None or offset.total_seconds() % 60:  # old local mean times have offsets with seconds
        return
    assert json_fields.instant(instant.isoformat(timespec="seconds")) == instant.replace(microsecond=0).astimezone(UTC)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body is not JSON"),
        (b"   ", "body is not JSON"),
        (b"{", "body is not JSON"),
        (b"'x'", "body is not JSON"),
        (b"[1,]", "body is not JSON"),
        (b'"\x01"', "body is not JSON"),
        (b"[] []", "body is not JSON"),
        (b"\xff", "body is not UTF-8"),
        ("[]".encode("utf-16"), "body is not UTF-8"),
        (b"[" * 400_000, "body is nested too deeply"),
        (b'{"a":' * 100_000, "body is nested too deeply"),
        (b" " * (json_fields.MAX_BODY_BYTES + 1), "body is longer than 1048576 bytes"),
    ],
)
def test_what_is_no_document(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        json_fields.document(body)
    assert str(caught.value) == reason


def test_a_document_may_begin_with_a_byte_order_mark() -> None:
    assert json_fields.document(b"\xef\xbb\xbf[1.50]") == [Decimal("1.5")]


def test_the_longest_document_is_read() -> None:
    assert json_fields.document(b"[]" + b" " * (json_fields.MAX_BODY_BYTES - 2)) == []


def fields(content: str) -> Fields:
    return Fields(json_fields.document(content.encode()), "status")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a":1,"a":2}', "status has a duplicate key"),
        ("[]", "status has the wrong type"),
        ("null", "status has the wrong type"),
        ('"x"', "status is not a usable text"),
        ("NaN", "status is not a number that can be stored"),
    ],
)
def test_what_is_no_object(content: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        fields(content)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("text", "1", "the wrong type"),
        ("text", "true", "the wrong type"),
        ("text", '"' + "x" * 201 + '"', "not a usable text"),
        ("text", r'"\ud800"', "not a usable text"),
        ("text", "{}", "the wrong type"),
        ("word", "[]", "the wrong type"),
        ("number", "true", "the wrong type"),
        ("number", "{}", "the wrong type"),
        ("number", '{"b":1,"b":1}', "a duplicate key"),
        ("number", '"--"', "not a number that can be stored"),
        ("number", '""', "not a number that can be stored"),
        ("number", "1e400", "not a number that can be stored"),
        ("number", "-Infinity", "not a number that can be stored"),
        ("number", "1" * 5000, "not a number that can be stored"),
        ("instant", '"now"', "not an instant with an offset"),
        ("instant", "0", "the wrong type"),
        ("flag", '"true"', "not a usable text"),
        ("flag", "0", "the wrong type"),
        ("identifier", '""', "missing"),
        ("identifier", "null", "missing"),
        ("identifier", "7", "the wrong type"),
        ("required_instant", "null", "missing"),
        ("child", "[]", "the wrong type"),
        ("entries", "{}", "the wrong type"),
    ],
)
def test_a_field_in_a_wrong_form_is_refused_with_its_place(kind: str, value: str, reason: str) -> None:
    read: Any = getattr(fields(f'{{"a":{value}}}'), kind)
    with pytest.raises(UnreadableError) as caught:
        read("a")
    assert str(caught.value).startswith("status.a ")
    assert str(caught.value).endswith(reason)


@pytest.mark.parametrize("kind", ["text", "word", "number", "instant", "flag"])
@pytest.mark.parametrize("content", ["{}", '{"a":null}'])
def test_absent_and_null_are_the_same(kind: str, content: str) -> None:
    read = fields(content)
    assert getattr(read, kind)("a") is None
    assert read.rest() == {}


def test_fields_are_read_typed_and_the_rest_remains_with_its_place() -> None:
    read = fields('{"t":"Text","w":"heating","n":"1.0","f":false,"c":{"i":"x","unknown":[1]},"l":[{"a":1}],"u":null}')
    child = read.child("c")
    assert read.text("t") == "Text"
    assert read.word("w") == "HEATING"
    assert read.number("n") == 1
    assert read.flag("f") is False
    assert child.identifier("i") == "x"
    assert [entry.number("a") for entry in read.entries("l")] == [1]
    assert read.rest() == {"c": {"unknown": [Decimal(1)]}, "l": [{"a": Decimal(1)}], "u": None}
    read.settle("l")
    assert "l" not in read.rest()


def nested(levels: int) -> dict[str, object]:
    return {"u": nested(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("unknown", "reason"),
    [
        ({"": 1}, "usable name"),
        ({"\ud800": "x"}, "usable name"),
        ({"a": {"": "x"}}, "usable name"),
        ({"a": "\ud800"}, "not a usable text"),
        ({"a": object()}, "the wrong type"),
        ({"a": "x" * 40_000}, "too much"),
        ({str(number): None for number in range(3_000)}, "too much"),
        (nested(30), "nested too deeply"),
    ],
)
def test_unknown_content_that_the_table_could_not_hold_is_refused(unknown: dict[str, object], reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        json_fields.kept(unknown, "status")


def test_unknown_content_is_kept_without_the_user_ids() -> None:
    unknown = {"receiver": {"oid": ["x"]}, "a": [{"receiver": "y", "b": True}, None, "z", Decimal(1)], "c": nested(28)}
    assert json_fields.kept(unknown, "status") == {"a": [{"b": True}, None, "z", Decimal(1)], "c": nested(28)}
