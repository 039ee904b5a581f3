"""One word for one thing: words that the glossary replaced do not come back into code or pages."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

INSTEAD = {
    r"put(ting)? aside": "spilled",
    r"latest words?": "latest reading, latest state",
    r"(nothing else|no other|neighbou?rs?) along": "independent",
    r"let(s|ting)? (it |nothing |anything |him |them )?go\b": "remove",
    r"stands? alone": "independent",
    r"keep_in_log|kept in (the|its) log": "spilled to the log",
}
"""What is not said, in any case and across lines, and what is said instead (docs/glossary.md)."""

PAGES = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").rglob("*.md"),
    *(PROJECT / "addons").glob("*/*.*"),
    PROJECT / "template.yaml",
    PROJECT / "Makefile",
]
PRODUCT = [
    path
    for room in ("layers/smarther", "functions", "cli", "addons")
    for path in sorted((PROJECT / room).rglob("*.py"))
]


def told(code: str) -> str:
    """Names, comments and texts of a module, as one line of words."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return " ".join(" ".join(token.string.strip("#").split()) for token in tokens)


def strays(text: str) -> list[str]:
    """What is said in other words than the glossary's."""
    return [found.group() for words in INSTEAD for found in re.finditer(words, text, re.IGNORECASE)]


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_code_has_the_glossary_s_words(path: Path) -> None:
    assert strays(told(path.read_text())) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_page_has_the_glossary_s_words(path: Path) -> None:
    assert strays(" ".join(path.read_text().split())) == []


@pytest.mark.parametrize(
    "planted",
    [
        '"""A notification put\n    aside."""',
        "# its latest word",
        "telemetry.keep_in_log(spilled)",
        '"""A failed one takes no other along."""',
        '"""An empty list lets\nnothing go."""',
    ],
)
def test_a_word_of_before_is_seen(planted: str) -> None:
    assert strays(told(planted))
