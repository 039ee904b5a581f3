"""What the command line relies on is in the template: outputs, parameters, names of functions and log groups."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from smarther_cli.deployment import Deployment
from smarther_cli.doctor.questions import MAY_BE_OFF, metrics
from smarther_cli.doctor.ring import MAY_RING
from smarther_cli.place import Place
from tests.template.conftest import PROJECT, of_type
from tests.template.named_metrics import in_dashboard, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.template.conftest import Resources

CLI = PROJECT / "cli"


def named(method: str, folder: Path = CLI) -> Iterator[str]:
    """The texts with which a method is called anywhere in the command line, but for deploys: they make the stack."""
    for file in (each for each in folder.rglob("*.py") if "deploy" not in each.parts):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == method
                and "deploy" not in file.parts
            ):
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{file}: {method} is called with what nobody can look up"
                yield str(name.value)


def test_every_output_it_asks_for_is_there_always(template: dict[str, Any]) -> None:
    asked = set(named("_output"))

    assert "TableName" in asked
    assert not {name for name in asked if name not in template["Outputs"] or "Condition" in template["Outputs"][name]}


def test_every_parameter_it_asks_for_is_there(template: dict[str, Any]) -> None:
    asked = set(named("parameter"))

    assert "RetentionDays" in asked
    assert asked <= set(template["Parameters"])


def test_every_resource_it_asks_for_by_name_is_there(resources: Resources) -> None:
    asked = set(named("resource"))

    assert {"ReceiverFunction", "HttpApiApiGatewayDefaultStage", "RedriverFunctionSpilled"} <= asked
    assert asked <= set(resources)
    assert not {name for name in asked if "Condition" in resources[name]} - {"AlarmTopic"}  # asked for with alarms only


def test_every_type_of_resource_it_asks_for_is_there(resources: Resources) -> None:
    asked = set(named("resources_of"))

    assert "AWS::Scheduler::Schedule" in asked
    assert asked <= {each["Type"] for each in resources.values()}


def test_one_schedule_may_be_off_and_it_is_the_one_that_the_doctor_lets_be_off(resources: Resources) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")

    assert [name for name, each in schedules.items() if each["Properties"].get("State")] == [MAY_BE_OFF]


def test_a_drill_rings_no_alarm_that_stops_a_deploy(template: dict[str, Any], resources: Resources) -> None:
    stops = json.dumps(template["Resources"]["ReceiverFunction"]["Properties"]["DeploymentPreference"]["Alarms"])
    named = {name: resources[name]["Properties"]["AlarmName"]["Fn::Sub"] for name in MAY_RING}

    assert "answers-failing" in stops
    assert not [name for name, alarm in named.items() if alarm in stops]


def test_the_metrics_of_the_day_are_named_as_in_the_dashboard(resources: Resources) -> None:
    shown = in_dashboard(json.loads(rendered(resources["Dashboard"]["Properties"]["DashboardBody"], {})))
    named = {(metric.namespace, metric.name, metric.dimensions) for metric in shown}
    asked = metrics("<AWS::StackName>", receiver="<ReceiverFunction>", api="<HttpApi>")

    for name in ("requests", "failed", "keeper_runs", "spilled"):
        namespace, metric, dimensions = asked[name]
        assert (namespace, metric, frozenset(dimensions.items())) in named, name


def test_the_log_of_a_function_is_where_it_looks_for_it(resources: Resources) -> None:
    place = Deployment(Place(stack="<AWS::StackName>"))

    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        properties = function["Properties"]
        group = resources[properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]["LogGroupName"]
        assert place._log_group(rendered(properties["FunctionName"], {})) == rendered(group, {}), name
