"""Every page is found from the documentation's door, and every decision from its index."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from smarther.domain.summaries.series import ITEM_BOUND, MOST_THERMOSTATS
from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

DOCS = PROJECT / "docs"
DECISIONS = DOCS / "decisions"
PARTS = ["Context", "Decision", "Consequence"]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_ROW = re.compile(r"\| (\d+) \| \[(.+)\]\((\d{4}-[a-z0-9-]+\.md)\) \| (\d{4}-\d{2}-\d{2}) \| (\S.*) \|")


def linked(page: Path) -> set[Path]:
    """The files of the project that a page links to."""
    targets = (each for each in _LINK.findall(page.read_text()) if "://" not in each)
    return {(page.parent / target).resolve() for target in targets}


def reachable(page: Path) -> set[Path]:
    """The page, and all pages that its links lead to, one after another."""
    found: set[Path] = set()
    ahead = {page}
    while ahead:
        found |= ahead
        pages = {each for each in ahead if each.suffix == ".md" and each.is_relative_to(DOCS)}
        ahead = {target for each in pages for target in linked(each)} - found
    return found


def unreachable(folder: Path, door: Path) -> set[str]:
    """Pages that no link leads to from the door."""
    pages = {each.resolve() for pattern in ("*.md", "*.yaml") for each in folder.rglob(pattern)}
    return {str(each.relative_to(PROJECT)) for each in pages - reachable(door)}


TWINS = {"the-whole-way.md": "tutta-la-strada.md", "command-line.md": "riga-di-comando.md"}
"""The owner's pages, in English and in Italian."""


def skeleton(page: str) -> dict[str, list[str]]:
    """What two pages that say the same have in common, whatever their language: shape, commands, figures, links."""
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    own = r"the-whole-way|tutta-la-strada|command-line|riga-di-comando|#"
    return {
        "headings": re.findall(r"^#+", prose, re.MULTILINE),
        "rows": re.findall(r"^\|(?=.*\|$)", prose, re.MULTILINE),
        "blocks": [re.sub(r" +# .*", "", block) for block in re.findall(r"```.*?```", page, re.DOTALL)],
        "code": sorted(
            {
                each
                for each in re.findall(r"`([^`]+)`", " ".join(prose.split()))
                if "NAME=" not in each and "NOME=" not in each
            }
        ),
        "figures": sorted(re.findall(r"\d+", prose)),
        "links": sorted(each for each in _LINK.findall(prose) if not re.search(own, each)),
    }


@pytest.mark.parametrize(("english", "italian"), TWINS.items())
def test_the_owner_s_pages_say_the_same_in_italian(english: str, italian: str) -> None:
    ours, theirs = (skeleton((DOCS / "owner" / name).read_text()) for name in (english, italian))
    assert theirs == ours


def test_what_one_of_them_does_not_say_is_seen() -> None:
    page = (DOCS / "owner" / "command-line.md").read_text()
    for line in (
        "## More\n",
        "| a | row |\n",
        "Say `--more`.\n",
        "After 17 days.\n",
        "```sh\nsmarther more\n```\n",
        "[a](b)\n",
    ):
        assert skeleton(page + "\n" + line) != skeleton(page), line


def test_every_page_is_reachable_from_the_door() -> None:
    assert unreachable(DOCS, DOCS / "README.md") == set()


def test_a_page_that_nobody_links_to_is_seen() -> None:
    assert "docs/owner/command-line.md" in unreachable(DOCS, DECISIONS / "0001-three-environments.md")


def test_every_link_leads_somewhere() -> None:
    assert [(page.name, str(target)) for page in PAGES for target in linked(page) if not target.exists()] == []


def test_the_index_holds_every_decision_in_order_with_date_and_status() -> None:
    rows = _ROW.findall((DECISIONS / "README.md").read_text())
    files = sorted(each.name for each in DECISIONS.glob("[0-9]*.md"))

    assert [file for _, _, file, _, _ in rows] == files
    for number, title, file, date, status in rows:
        head = f"# {number}. {title}\n\nDecided {date}. {status.capitalize()}.\n\n"
        assert (DECISIONS / file).read_text().startswith(head), file


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.stem)
def test_every_decision_has_context_decision_and_consequence(page: Path) -> None:
    bold = re.findall(r"^\*\*(\w+)\.\*\*", page.read_text(), re.MULTILINE)
    assert [part for part in bold if part in PARTS] == PARTS


PAGES = [
    *PROJECT.glob("*.md"),
    PROJECT / "events" / "README.md",
    *(PROJECT / "addons").glob("*/README.md"),
    *DOCS.rglob("*.md"),
]
_CODE = re.compile(r"^```.*?^```|`[^`]+`", re.DOTALL | re.MULTILINE)
_FILE = re.compile(
    r"(?<![\w./-])((?:addons|cli|docs|events|functions|labs|layers|requirements|sandbox|tests)/[\w./-]+\.\w+)\b"
)
_GIVEN = re.compile(r"^`(\S+)`:\n\n```", re.MULTILINE)
"""A file that the page itself holds, for the reader to make."""


def not_there(page: str) -> set[str]:
    """What a page names in code and the project lacks: files, targets of make, tests."""
    code = "\n".join(_CODE.findall(page))
    files = {name for name in _FILE.findall(code) if not (PROJECT / name).exists()} - set(_GIVEN.findall(page))
    targets = set(re.findall(r"\bmake ([a-z-]+)", code)) - make_targets()
    return files | targets | set(re.findall(r"\btest_\w+", code)) - names_of_tests()


@cache
def make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


@cache
def names_of_tests() -> frozenset[str]:
    """The tests, and the modules that hold them."""
    files = [*(PROJECT / "tests").rglob("*.py"), *(PROJECT / "addons").rglob("test_*.py")]
    tests = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
    return frozenset(tests | {file.stem for file in files})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    assert not_there(page.read_text()) == set()


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("`labs/gone.py`", "labs/gone.py"),
        ("`make gone`", "gone"),
        ("`test_that_is_gone`", "test_that_is_gone"),
        ("```console\n$ make gone\n```", "gone"),
        ("`addons/new/app.py`:\n\n```python\nhandler = None\n```\n\nSee `addons/gone/app.py`.", "addons/gone/app.py"),
    ],
)
def test_a_name_of_what_is_gone_is_seen(code: str, gone: str) -> None:
    assert not_there(f"It is here:\n\n{code}\n") == {gone}


def unnamed(page: str) -> set[str]:
    """Folders of tests and labs, and programs of labs, that have no row in a page."""
    entries = [each for top in ("tests", "labs") for each in (PROJECT / top).iterdir() if not each.name.startswith("_")]
    named = {f"{each.parent.name}/{each.name}" for each in entries if each.is_dir() or each.parent.name == "labs"}
    return {name for name in named if f"| `{name}` |" not in page}


def test_the_page_of_tests_names_every_folder_of_tests_and_labs() -> None:
    assert unnamed((DOCS / "developer" / "tests.md").read_text()) == set()


def test_a_folder_that_it_does_not_name_is_seen() -> None:
    page = (DOCS / "developer" / "tests.md").read_text()
    assert unnamed(page.replace("`labs/load`", "`labs/loads`")) == {"labs/load"}


def test_the_page_of_scale_tells_the_bound_that_the_code_holds() -> None:
    page = (DOCS / "running" / "scale.md").read_text()
    assert f"no answer reads more than {ITEM_BOUND:,} items" in page
    assert f"of the {MOST_THERMOSTATS} thermostats that a page can show" in page
