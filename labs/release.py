"""The archive of the latest release, from which tests upgrade: all that `sam` builds and deploys.

`python -m labs.release` (`make release`) archives the current commit as that release, under its version. The tests need
the release's own code to write data as the release did, and a clone may have neither history nor tags.
"""

from __future__ import annotations

import hashlib
import lzma
import subprocess
import tarfile
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
RELEASED = PROJECT / "tests" / "upgrade" / "released"
WHAT_SAM_TAKES = ("template.yaml", "samconfig.toml", "functions", "layers")


def archive() -> Path:
    """The archive of the latest release; there is only one."""
    (only,) = RELEASED.glob("*.tar.xz")
    return only


def unpacked(folder: Path) -> Path:
    """Unpack the latest release into its own subfolder of `folder`, and return that; what was built there is kept."""
    into = folder / hashlib.sha256(archive().read_bytes()).hexdigest()[:12]
    with tarfile.open(archive()) as content:
        content.extractall(into, filter="data")
    return into


def template() -> str:
    """The text of the release's template."""
    with tarfile.open(archive()) as content:
        file = content.extractfile("template.yaml")
        assert file is not None
        return file.read().decode()


def keep() -> Path:
    """Make the current commit the latest release. Raises CalledProcessError if git fails."""
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    made = subprocess.run(  # noqa: S603 - our own command
        ["git", "archive", "--format=tar", "HEAD", *WHAT_SAM_TAKES],  # noqa: S607 - git is where the system has it
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    for older in RELEASED.glob("*.tar.xz"):
        older.unlink()
    kept = RELEASED / f"{version}.tar.xz"
    kept.write_bytes(lzma.compress(made, preset=9 | lzma.PRESET_EXTREME))
    return kept


if __name__ == "__main__":
    print(f"kept as the release that upgrades begin with: {keep().relative_to(PROJECT)}")  # noqa: T201 - a command
