"""JSON, numbers and instants as the provider writes them, and all the ways in which they can be none."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings import json_fields
from smarther.domain.readings.json_fields import Fields, UnreadableError


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
        (b"\xff", "body is not JSON"),
        ("[]".encode("utf-16"), "body is not JSON"),
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


def test_a_byte_that_is_no_text_is_half_of_a_surrogate_pair() -> None:
    assert json_fields.document(b'["K\xfcche", "\xc3\xbc"]') == ["K\udcfcche", "ü"]


def test_who_is_told_is_not_read_at_all() -> None:
    read = json_fields.document(b'{"receiver":{"oid":["x"]},"a":[{"receiver":"y","receiver":"z","b":1}]}')
    assert read == {"receiver": None, "a": [{"receiver": None, "b": Decimal(1)}]}


def fields(content: str) -> Fields:
    return Fields(json_fields.document(content.encode()), "status", {})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
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
        ("identity", "[]", "has the wrong type"),
        ("identity", '"x"', "is not a usable text"),
        ("identifier", '""', "is missing"),
        ("identifier", "null", "is missing"),
        ("identifier", "7", "has the wrong type"),
        ("identifier", "NaN", "is not a number that can be stored"),
        ("identifier", '"a","a":"b"', "is there more than once"),
        ("identifier", '"' + "x" * 201 + '"', "is not a usable text"),
        ("required_instant", "null", "is missing"),
        ("required_instant", "0", "has the wrong type"),
        ("required_instant", '"now"', "is not an instant with an offset"),
    ],
)
def test_an_identity_in_a_wrong_form_is_refused_with_its_place(kind: str, value: str, reason: str) -> None:
    read: Any = getattr(fields(f'{{"a":{value}}}'), kind)
    with pytest.raises(UnreadableError) as caught:
        read("a")
    assert str(caught.value) == f"status.a {reason}"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[("text", value) for value in ("1", "true", '"' + "x" * 201 + '"', r'"\ud800"', "{}")],
        *[("word", value) for value in ("[]", '{"b":1}')],
        *[("flag", value) for value in ('"true"', "0")],
        *[("child", value) for value in ("[]", '"x"', "0")],
    ],
)
def test_a_field_in_a_wrong_form_is_noted_as_it_was_sent(kind: str, value: str) -> None:
    read = fields(f'{{"a":{value},"b":"x"}}')
    found = getattr(read, kind)("a", "attribute")
    assert found is None or found.rest() == {}
    assert read.unread == {"attribute": json_fields.document(value.encode())}
    assert read.rest() == {"b": "x"}


@pytest.mark.parametrize("kind", ["text", "word", "flag"])
@pytest.mark.parametrize("content", ["{}", '{"a":null}'])
def test_absent_and_null_are_the_same(kind: str, content: str) -> None:
    read = fields(content)
    assert getattr(read, kind)("a", "attribute") is None
    assert (read.rest(), read.unread) == ({}, {})


def test_fields_are_read_typed_and_the_rest_remains_with_its_place() -> None:
    read = fields('{"t":"Text","w":"heating","f":false,"c":{"i":"x","unknown":[1]},"l":[{"a":1}],"u":null}')
    child = read.child("c", "child")
    assert read.text("t", "text") == "Text"
    assert read.word("w", "word") == "HEATING"
    assert read.flag("f", "flag") is False
    assert child.identifier("i") == "x"
    assert read.entries("l", "l") == [{"a": 1}]
    assert read.rest() == {"c": {"unknown": [Decimal(1)]}, "l": [{"a": Decimal(1)}], "u": None}
    assert read.take("l") == [{"a": 1}]
    assert "l" not in read.rest()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("19.00000", Decimal(19)),
        (Decimal("19.5"), Decimal("19.5")),
        ("--", None),
        ("", None),
        (True, None),
        (None, None),
        ([], None),
        (json_fields.Unstorable("NaN"), None),
    ],
)
def test_a_number_is_one_or_its_text(value: object, number: Decimal | None) -> None:
    assert json_fields.number(value) == number


def nested(levels: int) -> dict[str, object]:
    return {"u": nested(levels - 1)} if levels else {}


def test_unknown_content_is_kept_without_what_stands_under_receiver() -> None:
    unknown = {"receiver": None, "a": [{"receiver": None, "b": True}, None, "z", Decimal(1)], "c": nested(28)}
    held = {"a": [{"b": True}, None, "z", Decimal(1)], "c": nested(28)}
    assert json_fields.kept(unknown) == (held, [], {})


@pytest.mark.parametrize(
    ("unknown", "held", "altered"),
    [
        ({"": "x"}, {'""': "x"}, ['""']),
        ({"\ud800": "x"}, {"\\ud800": "x"}, ["\\ud800"]),
        ({"a": {"": "x", '""': "y"}}, {"a": {'""': "x", '""\'': "y"}}, ["a"]),
        ({"a": "\ud800", "b": "b"}, {"a": "\\ud800", "b": "b"}, ["a"]),
        ({"a": json_fields.Unstorable("1e400")}, {"a": "1e400"}, ["a"]),
        ({"a": json_fields.Repeated(["x", "y"])}, {"a": ["x", "y"]}, ["a"]),
    ],
)
def test_what_no_table_can_hold_is_kept_in_words_that_it_can(
    unknown: dict[str, object], held: dict[str, object], altered: list[str]
) -> None:
    assert json_fields.kept(unknown) == (held, altered, {})


def test_whatever_the_interpreter_has_the_patience_to_read_it_has_the_patience_to_keep() -> None:
    readable, unreadable = 1_000, json_fields.MAX_BODY_BYTES // 2
    while unreadable - readable > 1:
        levels = (readable + unreadable) // 2
        try:
            deepest = json_fields.document(b"[" * levels + b"]" * levels)
        except UnreadableError:
            unreadable = levels
        else:
            readable = levels
            held, _, _ = json_fields.kept({"a": deepest})
    assert "[" * (readable - 29) in repr(held)


@pytest.mark.parametrize("levels", [30, 31, 900])
def test_what_is_nested_too_deeply_for_a_table_is_kept_as_json(levels: int) -> None:
    held, altered, _ = json_fields.kept({"a": nested(levels)})
    inner: Any = held["a"]
    for _ in range(29):
        inner = inner["u"]
    assert json.loads(inner) == nested(levels - 29)
    assert altered == ["a"]


def test_in_what_is_kept_as_json_everything_is_text() -> None:
    odd: object = {
        "n": Decimal("1.5"),
        "r": json_fields.Repeated([1]),
        "u": json_fields.Unstorable("NaN"),
        "s": "\ud800",
    }
    for _ in range(30):
        odd = [odd]
    held, _, _ = json_fields.kept({"a": odd})
    assert r'{"n": "1.5", "r": [1], "u": "NaN", "s": "\ud800"}' in repr(held).replace("\\\\", "\\")


def test_of_more_than_an_item_can_hold_the_smallest_are_kept() -> None:
    unknown = {"large": "x" * 20_000, "small": "y", "larger": "\ud800" * 4_000, "largest": "z" * 30_000}
    held, altered, too_much = json_fields.kept(unknown)
    assert (set(held), altered, set(too_much)) == ({"large", "small"}, [], {"larger", "largest"})


def test_a_note_tells_other_content_with_other_words() -> None:
    contents: list[Any] = [{"a": "x"}, {"a": "y"}, {"b": "x"}, "x", ["x"], Decimal(1)]
    notes = {json_fields.note(content) for content in contents}
    assert len(notes) == 6
    assert json_fields.note({"a": "1", "b": "2"}) == json_fields.note({"b": "2", "a": "1"})


def test_every_value_of_a_document_can_be_kept() -> None:
    with pytest.raises(TypeError, match="object is in no document"):
        json_fields.kept({"a": object()})


def test_what_is_left_out_is_noted_by_its_length_and_a_digest_of_it() -> None:
    assert json_fields.note("x" * 5) == "left out: 7 bytes, SHA-256 " + hashlib.sha256(b'"xxxxx"').hexdigest()[:16]
