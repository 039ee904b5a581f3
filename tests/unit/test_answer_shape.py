"""The form of an answer, and that nothing which the answer says is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.answer_shape import LONGEST, shape_of

MARK = "Cucina"
SECRETS = st.sampled_from([MARK, "b5e48d6f-cbad-2711-e053-27182d0ad74c", "Mario Rossi", "x" * 300, "\ud83d", "plantè"])
WORDS = st.sampled_from(["plants", "id", "subscriptionId", "EndPointUrl", "expires_in", "name"])


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b'{"plants": [{"id": "b5", "name": "Casa"}]}', {"plants": [{"id": "text", "name": "text"}]}),
        (b'[{"subscriptionId": 5, "EndPointUrl": null}]', [{"subscriptionId": "number", "EndPointUrl": "null"}]),
        (b'{"expires_in": 3600.5, "online": true}', {"expires_in": "number", "online": "true or false"}),
        (b'[1, 2, "x", {"id": 1}, {"id": 2}]', ["number", "text", {"id": "number"}]),
        (b'{"Cucina": {"temperature": 20}, "b5e4": 1}', {"?1": {"temperature": "number"}, "?2": "number"}),
        (b"{}", {}),
        (b"[]", []),
        (b"NaN", "number"),
    ],
)
def test_a_form_has_keys_and_types(body: bytes, form: Any) -> None:
    assert json.loads(shape_of(body)) == form


@pytest.mark.parametrize(
    ("body", "form"), [(b"", "nothing"), (b"  ", "nothing"), (b"<html>", "markup"), (b"OK", "text"), (b"\xff", "text")]
)
def test_what_is_no_json_is_told_by_its_sort(body: bytes, form: str) -> None:
    assert shape_of(body) == form


def planted(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(WORDS | SECRETS, inner, max_size=4)


@pytest.mark.shows("answer that nobody knows")
@given(st.recursive(SECRETS | st.integers(10**6) | st.booleans() | st.none(), planted, max_leaves=30))
def test_nothing_that_an_answer_says_is_in_its_form_be_it_value_or_key(document: Any) -> None:
    form = shape_of(json.dumps(document).encode())

    allowed = {"plants", "id", "subscriptionId", "EndPointUrl", "expires_in", "name", "text", "number", "null", "more"}
    assert len(form) <= LONGEST
    if not form.endswith("…"):
        assert words_of(json.loads(form)) <= allowed | {"true or false"} | {f"?{number}" for number in range(1, 5)}
    for secret in (MARK, "b5e48d6f", "Mario", "xxx", "ud83d", "plant\\u00e8", "1000000"):
        assert secret not in form


def words_of(form: Any) -> set[str]:
    if isinstance(form, dict):
        return {*form, *(word for inner in form.values() for word in words_of(inner))}
    if isinstance(form, list):
        return {word for inner in form for word in words_of(inner)}
    return {form}


def test_a_form_is_bounded_however_long_wide_and_deep_the_answer_is() -> None:
    for body in (b"[" * 5000 + b"]" * 5000, b"[" * 100_000, json.dumps([{"id": [n] * n} for n in range(200)]).encode()):
        assert len(shape_of(body)) <= LONGEST
    wide = {"plants": [{"name" * (number % 9 + 1): {"id": number}} for number in range(1000)]}
    assert len(shape_of(json.dumps(wide).encode())) <= LONGEST
