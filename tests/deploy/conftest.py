"""A bare local cloud, a clone of the project, and a person at a terminal who deploys the one into the other."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from sandbox.running import cloud as local_cloud
from sandbox.running import lifecycle, paths
from tests.deploy.terminal import ENTER, at_a_terminal
from tests.support.sandboxes import sandbox_of_its_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sandbox.running.cloud import Cloud
    from tests.deploy.terminal import Ended

REGION = "eu-west-1"
"""Where one ends up who has no region set and sends Enter."""

_ENVIRONMENTS = (paths.DEV_ENVIRONMENT, paths.SAM_ENVIRONMENT)


@dataclass
class Clone:
    """A clone of the project, and the environment of somebody who works in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> Path:
        """The answers file."""
        return self.folder / ".smarther.toml"

    @property
    def template(self) -> Path:
        """The template."""
        return self.folder / "template.yaml"

    def deploy(self, *variables: str, typed: Iterable[str] = repeat(ENTER), **environment: str | None) -> Ended:
        """`make deploy` at a terminal; by default the person only presses Enter."""
        changed = {name: value for name, value in (self.environment | environment).items() if value is not None}
        return at_a_terminal(["make", "--no-print-directory", "deploy", *variables], self.folder, changed, iter(typed))

    def without_a_terminal(self, *variables: str) -> subprocess.CompletedProcess[str]:
        """`make deploy` as a program runs it."""
        return subprocess.run(  # noqa: S603
            ["make", "--no-print-directory", "deploy", *variables],  # noqa: S607 - make is where the system has it
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        """What git says of the clone."""
        ran = subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True)  # noqa: S603, S607
        return ran.stdout


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A local cloud with nothing in it; of this module alone, since it takes the place of everybody's sandbox."""
    with sandbox_of_its_own("deploy"):
        lifecycle.down()
        try:
            yield local_cloud.start()
        finally:
            lifecycle.down()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """What git would clone of this folder, with what is not committed yet, and with this folder's environments."""
    folder = tmp_path_factory.mktemp("clone") / "smarther-recorder"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=paths.PROJECT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    for name in filter(None, names.split("\0")):
        if (paths.PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths.PROJECT / name, folder / name)
    for environment in _ENVIRONMENTS:
        assert (environment / ".ready").exists(), "make test sets it up"
        (folder / environment.name).symlink_to(environment.resolve())
    for lock in (*folder.glob("requirements/*"), folder / "pyproject.toml"):
        os.utime(lock, (0, 0))  # make is not to set up again what this folder has
    clone = Clone(folder)
    clone.git("init", "--quiet")
    (folder / ".git" / "info" / "exclude").write_text("".join(f"{each.name}\n" for each in _ENVIRONMENTS))
    clone.git("add", "--all")
    clone.git("-c", "user.name=o", "-c", "user.email=o@example.org", "commit", "--quiet", "--message", "as it is")
    return clone


@pytest.fixture
def clone(fresh: Clone, cloud: Cloud, tmp_path: Path) -> Iterator[Clone]:
    """The clone as it was, but for what was built, and somebody with credentials and no region."""
    region = ("AWS_REGION", "AWS_DEFAULT_REGION")
    environment = {name: value for name, value in cloud.environment().items() if name not in region}
    packages = [fresh.folder / "cli", fresh.folder / "layers" / "smarther" / "python"]
    yield Clone(
        fresh.folder,
        {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(tmp_path),
            "TERM": "xterm",
            "TZ": "Europe/Vienna",
            "PYTHONPATH": os.pathsep.join(map(str, packages)),  # the environment holds this folder's, not the clone's
            "SAM_CLI_POLL_DELAY": "0.5",
            **environment,
        },
    )
    fresh.answers.unlink(missing_ok=True)
    fresh.git("restore", ".")
