"""Nothing that a tool finds in template or workflows is silenced without a reason beside it."""

from __future__ import annotations

import re

import pytest

from tests.support.deployed import PROJECT, template

SETTINGS = [".cfnlintrc", "checkov.yaml", "checkov-aws-keys.yaml"]

_SILENCED = re.compile(r"^ +- (?P<rule>[A-Z]+[A-Z0-9_]*\d+)\b(?P<behind>.*)$")
_RULES = re.compile(r"\b(?:CKV2?_[A-Z]+_\d+|[EWI]S?\d{4})\b")


def without_reason(settings: str) -> list[str]:
    """The rules that a tool's settings silence with a comment neither above nor behind them."""
    lines = settings.splitlines()
    found = [(above, _SILENCED.match(line)) for above, line in zip(["", *lines], lines, strict=False)]
    return [
        each["rule"]
        for above, each in found
        if each and not re.match(r" # \w", each["behind"]) and not above.lstrip().startswith("# ")
    ]


@pytest.mark.shows("findings have reasons")
@pytest.mark.parametrize("name", SETTINGS)
def test_a_tools_settings_say_why(name: str) -> None:
    text = (PROJECT / name).read_text()

    assert [line for line in text.splitlines() if _SILENCED.match(line)]
    assert without_reason(text) == []


@pytest.mark.shows("findings have reasons")
def test_the_template_says_why_beside_the_resource() -> None:
    written = (PROJECT / "template.yaml").read_text().splitlines()
    for line in written:
        if "ignore_checks" in line:
            assert re.search(r"\} # .{20,}$", line), line
    skips = [
        skip
        for resource in template()["Resources"].values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert all(len(skip["comment"].split()) > 5 for skip in skips)
    named = {rule for line in written for rule in _RULES.findall(line)}
    assert named == {skip["id"] for skip in skips} | {
        rule for line in written if "ignore_checks" in line for rule in _RULES.findall(line)
    }


@pytest.mark.shows("findings have reasons")
def test_the_two_settings_of_checkov_differ_in_encryption_only() -> None:
    own_key, aws_keys = (
        {each["rule"] for line in (PROJECT / name).read_text().splitlines() if (each := _SILENCED.match(line))}
        for name in ("checkov.yaml", "checkov-aws-keys.yaml")
    )

    assert aws_keys - own_key == {f"CKV_AWS_{number}" for number in (26, 27, 119, 149, 158)}
    assert own_key <= aws_keys


def test_nothing_is_silenced_in_the_workflows() -> None:
    for file in (PROJECT / ".github").rglob("*.yml"):
        assert "zizmor: ignore" not in file.read_text()


@pytest.mark.parametrize(
    "settings",
    ["skip-check:\n  - CKV_AWS_1\n", "skip-check:\n  - CKV_AWS_1 #\n", "  # why\n  - WS1000\n  - WS1004\n"],
)
def test_a_missing_reason_is_noticed(settings: str) -> None:
    assert without_reason(settings)[0] in {"CKV_AWS_1", "WS1004"}
