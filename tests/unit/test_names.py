"""Names of any kind: one line that can be stored, shown and read again."""

from __future__ import annotations

import json
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings.names import LONGEST, printable
from smarther.drawing.html import element

INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"
ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Halves of surrogate pairs and noncharacters among it."""

FAMILY = "Küche 😀👨‍👩‍👧"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def read_as_xml(name: str) -> str:
    return "".join(ET.fromstring(element("text", name)).itertext())  # noqa: S314 - our own markup


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Soggiorno", "Soggiorno"),
        ('Sala "grande" l\'altra', 'Sala "grande" l\'altra'),
        ("Cucina \ud83d", "Cucina"),
        ("\ude00\ud83d", ""),
        ("\tcucina", "cucina"),
        ("bagno\rdue", "bagno due"),
        ("bagno\r\n\n due", "bagno due"),
        ("uno\u2028due\u2029tre\u0085quattro\xa0cinque", "uno due tre quattro cinque"),
        ("sala\x03uno", "salauno"),
        ("sala\x00due", "saladue"),
        ("\x1b[31mrossa\x1b[0m", "[31mrossa[0m"),
        ("\x9b31mrossa", "31mrossa"),
        ("a\ufffeb\uffffc\ufdd0d\U0010ffffe", "abcde"),
        ("\u202eollaw مطبخ", "ollaw مطبخ"),
        ("\u2066a\u2069\u200eb\u200fc\u061cd", "abcd"),
        ("a\u200bb\ufeffc\xadd", "abcd"),
        ("", ""),
        ("  \t ", ""),
        ("\u200d\u200b", ""),
        ("\u3164\u2800", ""),
        ("\u0301", ""),
        (FAMILY, FAMILY),
        (ENGLAND, ENGLAND),
        ("e\u0301\u0323", "e\u0301\u0323"),
        ("می‌خواهم", "می‌خواهم"),
        ("=1+1", "=1+1"),
        ("x" * 400, "x" * (LONGEST - 1) + "…"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST - 2) + "👨‍👩‍👧", "x" * (LONGEST - 2) + "…"),
        ("x" * (LONGEST - 3) + "e\u0301\u0301\u0301y", "x" * (LONGEST - 3) + "…"),
        ("e" + "\u0301" * 400, "e" + "\u0301" * (LONGEST - 2) + "…"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be_shown(name: str, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.shows("odd name")
@given(ANY_TEXT)
def test_any_text_at_all_becomes_one_line_that_every_reader_can_hold(name: str) -> None:
    shown = printable(name)

    assert len(shown) <= LONGEST
    assert shown.encode().decode() == shown
    assert len(shown.splitlines()) <= 1
    assert shown == " ".join(shown.split())
    assert not any(unicodedata.bidirectional(each) in {"LRE", "RLE", "LRO", "RLO", "PDF"} for each in shown)
    assert not any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} for each in shown)
    assert read_as_xml(shown) == shown


@given(ANY_TEXT)
def test_to_do_it_twice_is_to_do_it_once(name: str) -> None:
    assert printable(printable(name)) == printable(name)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=LONGEST))
def test_letters_digits_and_signs_stay_as_they_are(name: str) -> None:
    assert printable(name) == name or set(name) & set("\u115f\u1160\u2800\u3164\uffa0")


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the inputs are not beside the project")
def test_each_name_of_the_inputs_is_one_line_that_can_be_stored() -> None:
    names = json.loads((INPUTS / "names.json").read_text())
    shown = {why: printable(name) for why, name in names.items()}

    for why in ("formula", "plus", "minus", "at", "quotes", "emoji", "script", "markup"):
        assert shown[why] == names[why]
    assert shown["combining"].startswith(names["combining"][:4])
    assert shown["rtl"] == "ollaw مطبخ"
    assert (shown["tab"], shown["cr"], shown["lf"]) == ("cucina", "bagno due", "bagno due")
    assert (shown["ctl"], shown["nul"], shown["fffe"], shown["ls"]) == ("salauno", "saladue", "ab", "a b")
    assert (shown["empty"], shown["space"], len(shown["long"])) == ("", "", LONGEST)
    for name in shown.values():
        assert read_as_xml(name) == name
