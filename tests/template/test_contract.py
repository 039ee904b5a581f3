"""What others rely on: the names of outputs and parameters, the runtime, the table's keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smarther.domain.readings.reading import Reading
from smarther.store.readings import stored

PROMISED_OUTPUTS = {
    "WebhookBaseUrl",
    "RedirectUri",
    "TableName",
    "CredentialsSecretArn",
    "TokensSecretArn",
    "WebhookSecretArn",
    "KeeperFunctionName",
    "ReceiverFunctionName",
    "WidgetFunctionName",
    "TableStreamArn",
    "DashboardUrl",
}


def test_every_promised_output_is_there(template: dict[str, Any]) -> None:
    assert set(template["Outputs"]) >= PROMISED_OUTPUTS


def test_legrands_addresses_are_parameters_with_their_real_ones_as_default(template: dict[str, Any]) -> None:
    parameters = template["Parameters"]
    assert parameters["LegrandApiUrl"]["Default"] == "https://api.developer.legrand.com/smarther/v2.0"
    assert parameters["LegrandLoginUrl"]["Default"] == "https://partners-login.eliotbylegrand.com"


def test_every_parameter_explains_itself_and_has_a_default_and_a_constraint(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name


def test_the_console_shows_every_parameter_in_a_group(template: dict[str, Any]) -> None:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template["Parameters"])


def test_functions_run_on_python_313_on_the_chosen_processor_arm_by_default(template: dict[str, Any]) -> None:
    shared = template["Globals"]["Function"]
    assert shared["Runtime"] == "python3.13"
    assert shared["Architectures"] == [{"Ref": "Architecture"}]
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"


@pytest.mark.shows("table comes back")
def test_the_table_is_on_demand_recoverable_and_expires_what_the_code_marks(
    resources: dict[str, dict[str, Any]],
) -> None:
    table = resources["Table"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    now = datetime(2026, 1, 14, tzinfo=UTC)
    reading = Reading(plant_id="P", module_id="M", time=now)
    for_good, expiring = (
        set(stored(reading, received_at=now, source="push", retention_days=days)) for days in (None, 30)
    )
    (marked,) = expiring - for_good
    assert table["TimeToLiveSpecification"] == {"AttributeName": marked, "Enabled": True}
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
