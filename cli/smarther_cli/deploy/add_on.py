"""`make addon` and `make addon-remove`: an add-on's stack beside the core's (docs/developer/addons.md).

An add-on is a folder of `addons/`, and its stack is called `<core>-<add-on>`. A parameter of its template that is
called like an output or a parameter of the core's stack has the same value; `StackName` is the core's name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import WaiterError
from samtranslator.yaml_helper import yaml_parse

from smarther_cli.deploy import answer_rules, sam
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.asking import parameters
from smarther_cli.deploy.stack_state import StackState, stack_state
from smarther_cli.deployment import add_on_stack
from smarther_cli.errors import Failure, NotFound, WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from smarther_cli.deployment import Deployment

ADD_ONS: Final = sam.PROJECT / "addons"
_TAG: Final = "smarther-add-on"
"""The tag by which a stack is known for an add-on's, so that no other is touched."""


def folder_of(name: str, folder: Path = ADD_ONS) -> Path:
    """The folder of an add-on. Raises WrongUse if there is none."""
    names = {each.parent.name for each in folder.glob("*/template.yaml")}
    try:
        return folder / answer_rules.one_of(name, names, "add-on")
    except Wrong as wrong:
        raise WrongUse(f"{wrong} There are: {', '.join(sorted(names))}.") from None


def answered(template: Mapping[str, Any], given: str, core: Deployment) -> dict[str, str]:
    """The parameters of an add-on's template: as given (`NAME=value NAME=value`), and as the core has them.

    Raises WrongUse for a value that CloudFormation would refuse, and Failure where one is missing.
    """
    declared = parameters.declared({"Parameters": {}, **template})
    known = {**core.parameters, **core.outputs, "StackName": core.place.stack}
    try:
        chosen = parameters.checked(parameters.assigned(given), declared)
    except Wrong as wrong:
        raise WrongUse(str(wrong)) from None
    values = {name: known[name] for name in declared if name in known} | chosen
    missing = [name for name in declared if name not in values and "Default" not in template["Parameters"][name]]
    if missing:
        raise Failure(
            f"Nothing answers the add-on's {', '.join(missing)}: {core.place.stack} has no such output.",
            f"Deploy the recorder again, or say it: PARAMETERS='{missing[0]}=…'.",
        )
    return values


def deploy(
    core: Deployment, name: str, *, given: str = "", report: Callable[[str], None], folder: Path = ADD_ONS
) -> dict[str, str]:
    """Build an add-on and deploy it beside the core; returns the outputs of its stack. The core's is not changed.

    Raises Failure, or boto3's own error.
    """
    source = folder_of(name, folder)
    template: dict[str, Any] = yaml_parse((source / "template.yaml").read_text())
    values = answered(template, given, core)
    stack = add_on_stack(core.place.stack, name)
    there = core.beside(name)
    if there is not None and not _is_add_on(there):
        raise Failure(f"There is a stack {stack!r}, and it is no add-on.", "Nothing was deployed.")
    if there is not None and stack_state(there["StackStatus"]) is StackState.LEFT_OVER:
        report(f"removing what a first deploy of {stack} that failed has left")
        _remove(core, stack)
    built = core.build_folder / "addons" / name
    built.mkdir(parents=True, exist_ok=True)
    report(f"building {name} (sam build)")
    processor = values.get("Architecture")
    sam.run(
        [
            *("build", "--template-file", str(source / "template.yaml"), "--build-dir", str(built / "build")),
            *("--cached", "--cache-dir", str(built / "cache")),
            *(("--parameter-overrides", f"Architecture={processor}") if processor else ()),
        ],
        {"ARCHITECTURE": processor} if processor else {},  # for the layers' makefiles
        built / "build.log",
        "Nothing was deployed.",
    )
    report(f"deploying {stack} (sam deploy)")
    (built / "parameters.yaml").write_text(json.dumps(values))
    sam.run(
        [
            *("deploy", "--template-file", str(built / "build" / "template.yaml"), "--stack-name", stack),
            *("--config-file", str(sam.PROJECT / "samconfig.toml"), "--config-env", "addon"),
            *("--region", str(core.place.region), *(("--profile", core.place.profile) if core.place.profile else ())),
            *(("--parameter-overrides", f"file://{built / 'parameters.yaml'}") if values else ()),
            *("--tags", f"{_TAG}={name}"),
        ],
        core.environment,
        built / "deploy.log",
        "The core is as it was.",
    )
    return dict(core.add_on_outputs(name))


def remove(core: Deployment, name: str) -> None:
    """Remove an add-on's stack; the core's is not changed. Raises NotFound if there is none, or Failure."""
    stack = add_on_stack(core.place.stack, name)
    there = core.beside(name)
    if there is None or not _is_add_on(there):
        raise NotFound(f"There is no add-on {name!r} beside {core.place.stack}.")
    _remove(core, stack)


def _is_add_on(stack: StackTypeDef) -> bool:
    return any(tag["Key"] == _TAG for tag in stack.get("Tags", []))


def _remove(core: Deployment, stack: str) -> None:
    formation: CloudFormationClient = core.client("cloudformation")
    formation.delete_stack(StackName=stack)
    try:
        formation.get_waiter("stack_delete_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 2, "MaxAttempts": 300}
        )
    except WaiterError as error:
        raise Failure(f"The stack {stack} could not be removed: {error}", "Its events say why.") from None
