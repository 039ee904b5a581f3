"""What is installed anywhere is pinned to its bytes, and what is deployed is listed with its licence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.project.locks import LOCKS, tracked
from tests.support.deployed import PROJECT

SHIPPED = [PROJECT / name for name in LOCKS if "layers" in name.split("/")]
BILLS = {lock: json.loads((lock.parent / "sbom.cdx.json").read_text()) for lock in SHIPPED}

LICENCES = {"Apache-2.0", "BSD-3-Clause", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}
"""Those under which a package may be shipped beside our own Apache-2.0: none of them asks anything of our code."""

VENDORED = re.compile(
    r"(^|/)(vendor|_vendor|third_party|node_modules|site-packages)/|\.(whl|egg|so|jar|tar\.gz|min\.js)$"
)

_PINNED = re.compile(r"(?P<name>[a-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[^ ;]+)( ; [^\\]+)?", re.IGNORECASE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[str]:
    """The packages of a lock, each with its hashes on one line, without comments."""
    kept = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    return [line.strip() for line in kept.replace("\\\n", " ").splitlines() if line.strip()]


def loose(lock: str) -> list[str]:
    """The entries of a lock that are not one version of a package with the hashes of its files, and nothing else."""
    return [
        entry
        for entry in entries(lock)
        if not (pin := _PINNED.match(entry))
        or not (rest := entry[pin.end() :].split())
        or not all(_HASH.fullmatch(each) for each in rest)
    ]


def normal(name: str) -> str:
    """A package's name as all of its spellings have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock by package."""
    found = [_PINNED.match(entry) for entry in entries(lock)]
    return {normal(each["name"]): each["version"] for each in found if each}


def test_all_locks_are_looked_at() -> None:
    assert len(LOCKS) >= 8
    assert {"requirements/dev.txt", "layers/dependencies/requirements.txt"} <= set(LOCKS)
    installed = re.findall(r"-r (\S+\.txt)", (PROJECT / "Makefile").read_text())
    assert {each for each in installed if not each.startswith("$$each/")} <= set(
        LOCKS
    )  # the bills' loop is over SHIPPING


@pytest.mark.shows("packages are locked")
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_to_the_bytes_of_its_files_and_names_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text()

    assert entries(text)
    assert loose(text) == []
    assert "://" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_what_it_was_made_from(lock: str) -> None:
    wanted = (PROJECT / lock).with_suffix(".in").read_text()
    named = {
        normal(re.split(r"[\[<>=~! ]", line)[0])
        for line in wanted.splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    }

    assert named
    assert named <= set(pins((PROJECT / lock).read_text()))


@pytest.mark.parametrize("environment", ["dev", "sam"])
def test_profiles_made_by_aws_login_can_be_used(environment: str) -> None:
    """boto3 reads them with a package that it does not bring along: `botocore[crt]`."""
    assert "awscrt" in pins((PROJECT / "requirements" / f"{environment}.txt").read_text())


@pytest.mark.parametrize(
    "entry",
    [
        "requests==2.34.2",
        "requests --hash=sha256:" + "0" * 64,
        "requests>=2.34 --hash=sha256:" + "0" * 64,
        "requests==2.34.2 --hash=sha256:0000",
        "requests==2.34.2 --hash=md5:" + "0" * 32,
        "requests @ git+https://example.org/requests",
        "--index-url https://example.org/simple",
        "--extra-index-url=https://example.org/simple",
    ],
)
def test_an_entry_that_leaves_anything_open_is_noticed(entry: str) -> None:
    assert loose(entry) == [entry]


@pytest.mark.shows("packages are locked")
def test_nothing_is_installed_without_its_hashes() -> None:
    files = [PROJECT / name for name in tracked() if name.rpartition("/")[2] == "Makefile"]
    commands = [
        line for file in files for line in file.read_text().splitlines() if re.search(r"\bpip\b.* install ", line)
    ]

    assert len(commands) >= 5
    assert not [line for line in commands if "--require-hashes" not in line and "--editable ." not in line]


@pytest.mark.shows("what is deployed is listed")
def test_nothing_of_others_lies_in_the_repository() -> None:
    assert not [name for name in tracked() if VENDORED.search(name)]


@pytest.mark.shows("what is deployed is listed")
def test_a_bill_of_materials_lists_what_its_layer_is_locked_to() -> None:
    assert len(SHIPPED) == 2
    for lock, bill in BILLS.items():
        listed = {normal(each["name"]): each["version"] for each in bill["components"]}

        assert listed == pins(lock.read_text()), "run `make sbom`"
        assert {each["purl"] for each in bill["components"]} == {f"pkg:pypi/{name}@{at}" for name, at in listed.items()}


@pytest.mark.shows("what is deployed is listed")
def test_every_package_that_is_shipped_has_a_licence_that_lets_it_be() -> None:
    for component in (component for bill in BILLS.values() for component in bill["components"]):
        named = {each["license"].get("id") for each in component["licenses"]} - {None}
        assert named, component["name"]
        assert named <= LICENCES, component["name"]


def test_our_own_licence_is_the_same_everywhere() -> None:
    assert 'license = "Apache-2.0"' in (PROJECT / "pyproject.toml").read_text()
    assert (PROJECT / "LICENSE").read_text().lstrip().startswith("Apache License")
    for bill in BILLS.values():
        assert bill["metadata"]["component"]["licenses"][0]["license"]["id"] == "Apache-2.0"
    assert Path(PROJECT / "README.md").read_text().count("[Apache 2.0](LICENSE)") == 1
