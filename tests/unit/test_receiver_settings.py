"""The environment of receiver and redriver: one good one, and one fault at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from smarther.receiver.settings import ReceiverSettings, RedriverSettings, SettingsError

ENVIRONMENT = {"TABLE_NAME": "readings", "RETENTION_DAYS": "30", "SPILL_QUEUE_URL": "https://sqs.example.com/1/spill"}


def test_the_environment_is_read() -> None:
    assert ReceiverSettings.from_environment(ENVIRONMENT) == ReceiverSettings(
        table_name="readings", retention_days=30, spill_queue_url="https://sqs.example.com/1/spill"
    )
    assert RedriverSettings.from_environment(ENVIRONMENT) == RedriverSettings(table_name="readings", retention_days=30)


@pytest.mark.parametrize("text", ["0", "000"])
def test_zero_days_keep_for_good(text: str) -> None:
    assert ReceiverSettings.from_environment({**ENVIRONMENT, "RETENTION_DAYS": text}).retention_days is None


@pytest.mark.parametrize("environment", [{"SPILL_QUEUE_URL": ""}, {}])
def test_without_a_queue_there_is_none(environment: dict[str, str]) -> None:
    rest = {name: value for name, value in ENVIRONMENT.items() if name != "SPILL_QUEUE_URL"}
    assert ReceiverSettings.from_environment(rest | environment).spill_queue_url is None


@pytest.mark.parametrize("settings", [ReceiverSettings, RedriverSettings])
@pytest.mark.parametrize("name", ["TABLE_NAME", "RETENTION_DAYS"])
def test_a_missing_variable_is_named(settings: type[ReceiverSettings | RedriverSettings], name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is not set$"):
        settings.from_environment({**ENVIRONMENT, name: ""})


@pytest.mark.parametrize("text", ["-1", "1.5", "forever", "36501", "²", "٣"])
def test_a_senseless_retention_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^RETENTION_DAYS is not a number of days from 0 to 36500$"):
        ReceiverSettings.from_environment({**ENVIRONMENT, "RETENTION_DAYS": text})


def test_the_receiver_imports_none_of_the_slow_libraries() -> None:
    """Each of these costs more at a cold start than everything that the receiver does in a warm one."""
    slow = ["pydantic", "boto3", "requests", "aws_xray_sdk", "s3transfer"]
    modules = ["receiver.receive", "aws.spill_queue", "aws.botocore_client", "receiver.settings"]
    program = f"""
import sys
for name in {modules}:
    __import__("smarther." + name)
print([name for name in {slow} if name in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=_path())  # noqa: S603 - our own program
    assert told.stdout.strip() == "[]"


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}
