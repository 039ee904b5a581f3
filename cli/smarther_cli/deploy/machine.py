"""Facts of this machine: its processor, its time zone and the profiles for AWS."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

from smarther_cli.deploy import answer_rules

_LINK: Final = Path("/etc/localtime")
_NAMED: Final = Path("/etc/timezone")
_NOWHERE: Final = ("Etc/", "UTC", "GMT", "Universal", "Zulu")
"""Time zones that servers are set to and no home is in."""


def own_processor() -> str:
    """This machine's processor as Lambda calls it: `arm64` or `x86_64`."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def time_zone(link: Path = _LINK, named: Path = _NAMED) -> str | None:
    """The machine's time zone by its IANA name; None if it has none, or one in which there is no home.

    It is `TZ`, else the file that `/etc/localtime` links to (Linux, macOS), else `/etc/timezone` (Debian).
    """
    told = [os.environ.get("TZ", "").removeprefix(":")]
    if link.is_symlink():
        told.append(str(link.readlink()).rpartition("zoneinfo/")[2])
    if named.is_file():
        told.append(named.read_text(errors="replace").strip())
    found = next((name for name in told if name in answer_rules.zones()), None)
    return None if found is None or found.startswith(_NOWHERE) else found


def may_choose_profile(available: list[str]) -> bool:
    """Whether there are several profiles and nothing says which one boto3 is to use."""
    told_already = any(os.environ.get(name) for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"))
    return not told_already and bool(available) and available != ["default"]
