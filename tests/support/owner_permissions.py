"""The AWS actions that a command needs, from the table in docs/owner/command-line.md."""

from __future__ import annotations

import re

from tests.support.deployed import PROJECT


def documented(*commands: str) -> set[str]:
    """The actions of these commands, such as `doctor`; `all` is for the rows of every command."""
    page = (PROJECT / "docs" / "owner" / "command-line.md").read_text()
    table = page.partition("| Command | Actions | On |")[2].partition("\n\n")[0]
    found: set[str] = set()
    named: list[str] = []
    for row in table.splitlines()[2:]:
        names, actions, _ = row.strip("|").split("|")
        named = [name.strip("` ") for name in names.split(",")] if names.strip() else named
        if set(named) & set(commands):
            found |= set(re.findall(r"`([a-z]+:[A-Za-z]+)`", actions))
    return found
