"""How a new version of the receiver goes live: checked first, a tenth at a time, and back when an alarm rings."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from labs.translated import translated
from tests.template.conftest import PROJECT, of_type

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Resources

ALIAS = "ReceiverFunctionAliaslive"


@pytest.fixture(scope="module")
def gradual(template: dict[str, Any]) -> Resources:
    found: Resources = translated(template, GradualDeploys="true")["Resources"]
    return found


@pytest.fixture(scope="module")
def at_once(template: dict[str, Any]) -> Resources:
    found: Resources = translated(template, GradualDeploys="false")["Resources"]
    return found


def alarms(gradual: Resources) -> list[dict[str, Any]]:
    """The alarms on which CodeDeploy goes back, with `Alarms` on."""
    (group,) = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup").values()
    condition, chosen, otherwise = group["Properties"]["AlarmConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("HasAlarms", {})
    names = [alarm["Name"] for alarm in chosen["Alarms"]]
    found = [
        alarm["Properties"]
        for alarm in of_type(gradual, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["AlarmName"] in names
    ]
    assert chosen["Enabled"] is True
    assert len(found) == len(names)
    return found


def test_on_aws_deploys_are_gradual_unless_somebody_chooses_otherwise() -> None:
    settings = tomllib.loads((PROJECT / "samconfig.toml").read_text())
    assert settings["default"]["deploy"]["parameters"]["parameter_overrides"] == "GradualDeploys=true"


def test_codedeploy_moves_the_alias_after_the_check(gradual: Resources) -> None:
    policy = gradual[ALIAS]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    (group,) = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup")
    assert policy["DeploymentGroupName"] == {"Ref": group}
    assert policy["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficFunction"}


def test_a_fault_and_an_alarm_bring_the_old_version_back(gradual: Resources) -> None:
    (group,) = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["Properties"]["AutoRollbackConfiguration"]["Enabled"] is True
    assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(
        group["Properties"]["AutoRollbackConfiguration"]["Events"]
    )


def test_the_alarms_ring_within_the_ten_minutes(gradual: Resources) -> None:
    """The others take longer, or ring for what no version of the receiver can help."""
    (group,) = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["Properties"]["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent10Minutes"}
    watched = alarms(gradual)
    assert {alarm["MetricName"] for alarm in watched} == {"5xx", "NotificationsSpilled", "BodiesQuarantined"}
    assert all(alarm["Period"] * alarm["DatapointsToAlarm"] < 600 for alarm in watched)


def test_the_check_is_given_the_version_that_is_to_go_live(gradual: Resources) -> None:
    variables = gradual["PreTrafficFunction"]["Properties"]["Environment"]["Variables"]
    version, _ = gradual[ALIAS]["Properties"]["FunctionVersion"]["Fn::GetAtt"]
    assert variables["RECEIVER_VERSION_ARN"] == {"Ref": version}


def test_codedeploy_can_move_the_receivers_alias_and_call_the_check_and_no_other_function(gradual: Resources) -> None:
    (policy,) = gradual["DeploymentRole"]["Properties"]["Policies"]
    on = {
        json.dumps(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
        if "lambda:" in json.dumps(statement["Action"])
    }
    receiver = [{"Fn::GetAtt": ["ReceiverFunction", "Arn"]}, {"Fn::Sub": "${ReceiverFunction.Arn}:*"}]
    assert on == {json.dumps(receiver), json.dumps({"Fn::GetAtt": ["PreTrafficFunction", "Arn"]})}


def test_the_gradual_template_is_sound_too(template: dict[str, Any], tmp_path: Path) -> None:
    """`make check` looks at the template with its defaults, where there is nothing of CodeDeploy, before translation.

    What waits in a circle is only seen after it: CodeDeploy for an alarm, for the API, for the alias, for CodeDeploy.
    """
    file = tmp_path / "gradual.json"
    file.write_text(json.dumps(translated(template, GradualDeploys="true")))
    # Warnings are of parameters that the translation has used up. It makes text of all defaults (E2015), and what is
    # ignored at one resource for a reason (ES1001) is told in SAM's own template.
    ignored = ["--ignore-checks", "W", "E2015", "ES1001"]
    lint = PROJECT / ".venv-sam" / "bin" / "cfn-lint"
    ran = subprocess.run(  # noqa: S603 - our own tool
        [lint, *ignored, "--", file],
        cwd=PROJECT,  # where its settings are
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_turned_off_there_is_nothing_of_codedeploy(at_once: Resources) -> None:
    assert "UpdatePolicy" not in at_once[ALIAS]
    assert not [name for name, each in at_once.items() if each["Type"].startswith("AWS::CodeDeploy::")]
