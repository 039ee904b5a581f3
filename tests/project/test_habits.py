"""Hooks, workflows and updates do what the gate does, and may no more than they must."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.project.locks import LOCKS
from tests.support.deployed import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text()
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").iterdir())


def read(name: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((PROJECT / name).read_text())


def parts_of_check() -> set[str]:
    """What `make check` makes, besides the environments."""
    recipe = MAKEFILE.partition("\ncheck: ")[2].partition("\n\n")[0]
    (line,) = [line for line in recipe.splitlines() if "--output-sync" in line]
    return set(re.split(r"--output-sync=\S+ ", line)[1].split())


def test_the_hooks_are_the_parts_of_make_check_and_fetch_nothing() -> None:
    repositories = read(".pre-commit-config.yaml")["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]

    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["entry"] for hook in hooks} == {f"make {part}" for part in parts_of_check()}
    assert len(hooks) == len(parts_of_check())
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)


def test_every_part_of_check_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))

    assert {"lint", "types", "template", "workflows"} <= parts_of_check() <= targets


def test_what_a_hook_looks_at_is_there() -> None:
    hooks = {hook["id"]: hook for hook in read(".pre-commit-config.yaml")["repos"][0]["hooks"]}
    files = [str(each.relative_to(PROJECT)) for each in (*PROJECT.iterdir(), *WORKFLOWS, *PROJECT.glob("labs/*"))]

    for name in ("template", "workflows"):
        assert [file for file in files if re.search(hooks[name]["files"], file)], name
    assert re.search(hooks["template"]["files"], "template.yaml")


@pytest.mark.shows("workflows may read only")
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_the_code_and_nothing_else(workflow: Any) -> None:
    told = yaml.safe_load(workflow.read_text())

    assert told["permissions"] == {}
    for job in told["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))


@pytest.mark.shows("workflows may read only")
def test_the_workflow_runs_the_whole_gate_on_every_change() -> None:
    gate = read(".github/workflows/gate.yml")
    commands = [step["run"] for step in gate["jobs"]["gate"]["steps"] if "run" in step]

    assert commands == ["bash .ci/run"]
    assert set(gate[True]) == {"push", "pull_request"}  # YAML 1.1 takes `on` for a truth
    assert (PROJECT / ".ci" / "run").exists()


@pytest.mark.shows("updates are proposed")
def test_updates_are_looked_for_wherever_something_is_locked() -> None:
    updates = {each["package-ecosystem"]: each for each in read(".github/dependabot.yml")["updates"]}

    assert set(updates["pip"]["directories"]) == {f"/{lock.rpartition('/')[0]}" for lock in LOCKS}
    assert "github-actions" in updates
