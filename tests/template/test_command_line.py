"""What the command line relies on is in the template: outputs, parameters, names of functions and log groups."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from smarther_cli.deployment import Deployment
from smarther_cli.place import Place
from tests.template.conftest import PROJECT, of_type
from tests.template.named_metrics import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.template.conftest import Resources

CLI = PROJECT / "cli"


def named(method: str, folder: Path = CLI) -> Iterator[str]:
    """The texts with which a method is called anywhere in the command line."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{file}: {method} is called with what nobody can look up"
                yield str(name.value)


def test_every_output_it_asks_for_is_there_always(template: dict[str, Any]) -> None:
    asked = set(named("_output"))

    assert "TableName" in asked
    assert not {name for name in asked if name not in template["Outputs"] or "Condition" in template["Outputs"][name]}


def test_every_parameter_it_asks_for_is_there(template: dict[str, Any]) -> None:
    asked = set(named("_parameter"))

    assert "RetentionDays" in asked
    assert asked <= set(template["Parameters"])


def test_the_log_of_a_function_is_where_it_looks_for_it(resources: Resources) -> None:
    place = Deployment(Place(stack="<AWS::StackName>"))

    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        properties = function["Properties"]
        group = resources[properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]["LogGroupName"]
        assert place._log_group(rendered(properties["FunctionName"], {})) == rendered(group, {}), name
