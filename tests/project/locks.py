"""The lock files."""

from __future__ import annotations

import re
import subprocess

from tests.support.deployed import PROJECT


def tracked() -> list[str]:
    """The files that git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S607
    return listed.stdout.splitlines()


LOCKS = [name for name in tracked() if re.search(r"(^|/)requirements(/[^/]+|)\.txt$", name)]
