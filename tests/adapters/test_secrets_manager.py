"""Secrets that are written so that a crash loses nothing, against moto's Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from smarther.aws.secrets_manager import Newest, Secrets, SecretsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture
def client() -> Iterator[SecretsManagerClient]:
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def arn(client: SecretsManagerClient) -> str:
    return client.create_secret(Name="tokens")["ARN"]


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def secrets(client: SecretsManagerClient, naps: list[float]) -> Secrets:
    return Secrets(client, sleep=naps.append)


def test_a_secret_that_nobody_has_written_holds_nothing(secrets: Secrets, arn: str) -> None:
    newest = secrets.newest(arn)
    assert secrets.read(arn) is None
    assert newest.text is None
    assert newest.settled  # nothing waits to be promoted


def test_what_is_written_is_current_at_once(secrets: Secrets, arn: str) -> None:
    secrets.write(arn, "one")
    secrets.write(arn, "two")

    version, newest = secrets.read(arn), secrets.newest(arn)
    assert version is not None
    assert version.text == newest.text == "two"
    assert newest.settled


def test_a_secret_that_reads_as_it_was_left_is_read_once(secrets: Secrets, arn: str, naps: list[float]) -> None:
    secrets.write(arn, "ours")
    left = secrets.newest(arn)
    assert secrets.newest(arn, left=left.left) == left
    assert naps == []


def test_a_secret_that_reads_as_before_is_read_until_it_reads_as_it_was_left(client: Any, arn: str) -> None:
    before = Secrets(client, sleep=lambda _: None)
    before.write(arn, "as before")
    pending = before.keep_pending(arn, "new", before=before.newest(arn))
    left = before.promote(arn, pending)
    naps: list[float] = []

    def read(*, SecretId: str, VersionStage: str) -> Any:  # noqa: N803 - AWS's names
        late = VersionStage == "AWSCURRENT" and len(naps) < 2
        return client.get_secret_value(SecretId=SecretId, VersionStage="AWSPREVIOUS" if late else VersionStage)

    double = Mock(get_secret_value=read, exceptions=client.exceptions)
    assert Secrets(double, sleep=naps.append).newest(arn, left=left.left).text == "new"
    assert naps == [1.0, 2.0]


def test_a_secret_that_somebody_else_has_written_is_believed_after_some_seconds(
    secrets: Secrets, arn: str, naps: list[float]
) -> None:
    secrets.write(arn, "ours")
    left = secrets.newest(arn).left
    secrets.write(arn, "theirs")
    assert secrets.newest(arn, left=left).text == "theirs"
    assert naps == [1.0, 2.0, 4.0]


def test_a_pending_version_is_the_newest_and_the_current_one_stays_until_it_is_promoted(
    secrets: Secrets, arn: str
) -> None:
    secrets.write(arn, "old")
    secrets.keep_pending(arn, "new", before=secrets.newest(arn))

    newest, current = secrets.newest(arn), secrets.read(arn)
    assert current is not None
    assert (newest.text, newest.settled, current.text) == ("new", False, "old")

    secrets.promote(arn, newest)

    newest, current = secrets.newest(arn), secrets.read(arn)
    assert current is not None
    assert (newest.text, newest.settled, current.text) == ("new", True, "new")


def test_whoever_writes_is_told_what_reading_back_would_tell(secrets: Secrets, arn: str) -> None:
    """Of the first version of all, and of one after another; a read that comes too early would tell less."""
    told = secrets.newest(arn)
    for text in ("first", "second"):
        told = secrets.keep_pending(arn, text, before=told)
        assert told == secrets.newest(arn)
        told = secrets.promote(arn, told)
        assert told == secrets.newest(arn)


def test_promotion_keeps_the_one_before_as_previous_and_leaves_no_pending_label(
    secrets: Secrets, arn: str, client: SecretsManagerClient
) -> None:
    secrets.write(arn, "old")
    secrets.keep_pending(arn, "new", before=secrets.newest(arn))
    newest = secrets.newest(arn)

    secrets.promote(arn, newest)

    assert client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")


def test_the_first_version_of_all_can_be_a_pending_one(secrets: Secrets, arn: str) -> None:
    secrets.keep_pending(arn, "first", before=secrets.newest(arn))
    newest = secrets.newest(arn)
    assert not newest.settled

    secrets.promote(arn, newest)

    settled = secrets.newest(arn)
    assert settled.settled
    assert settled.text == "first"


def test_a_later_pending_version_takes_the_place_of_an_earlier_one(secrets: Secrets, arn: str) -> None:
    secrets.write(arn, "old")
    secrets.keep_pending(arn, "lost half way", before=secrets.newest(arn))
    secrets.keep_pending(arn, "new", before=secrets.newest(arn))

    newest = secrets.newest(arn)
    assert newest.text == "new"


def test_what_somebody_else_writes_after_us_is_newer_than_a_label_that_we_left(
    secrets: Secrets, arn: str, client: SecretsManagerClient
) -> None:
    """A crash between the two steps of a promotion leaves the pending label on a version that is current."""
    secrets.write(arn, "old")
    secrets.keep_pending(arn, "ours", before=secrets.newest(arn))
    newest = secrets.newest(arn)
    client.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=newest.version_id,
        RemoveFromVersionId=newest.current_id or "",
    )

    # A plain put does this in one step; moto forgets to take the label off a version that got it by a promotion.
    theirs = client.put_secret_value(SecretId=arn, SecretString="theirs", VersionStages=["THEIRS"])["VersionId"]
    client.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=theirs,
        RemoveFromVersionId=newest.version_id,
    )

    newest = secrets.newest(arn)
    assert newest.text == "theirs"


def test_half_a_promotion_is_finished(secrets: Secrets, arn: str, client: SecretsManagerClient) -> None:
    secrets.write(arn, "old")
    secrets.keep_pending(arn, "new", before=secrets.newest(arn))
    newest = secrets.newest(arn)
    client.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=newest.version_id,
        RemoveFromVersionId=newest.current_id or "",
    )

    half = secrets.newest(arn)
    assert not half.settled
    secrets.promote(arn, half)

    done = secrets.newest(arn)
    assert done.settled


UNWRITTEN = Newest(text=None, version_id="", current_id=None, pending=False)

FAILURES = [
    ClientError({"Error": {"Code": "ThrottlingException", "Message": "hunter2"}}, "PutSecretValue"),
    ConnectTimeoutError(endpoint_url="https://secretsmanager"),
]


def failing(client: SecretsManagerClient, *, times: int, failure: Exception, after_effect: bool = False) -> Mock:
    """The client, whose next writes fail, some of them after they have been done."""
    real = client.put_secret_value
    left = [failure] * times

    def put(**arguments: Any) -> Any:
        if left and after_effect:
            real(**arguments)
        if left:
            raise left.pop()
        return real(**arguments)

    double = Mock(wraps=client)
    double.put_secret_value = Mock(side_effect=put)
    double.exceptions = client.exceptions
    return double


@pytest.mark.parametrize("failure", FAILURES, ids=["refused", "no answer"])
@pytest.mark.parametrize("after_effect", [False, True])
def test_what_cannot_be_had_again_is_written_with_patience_and_once(
    client: SecretsManagerClient, arn: str, naps: list[float], failure: Exception, *, after_effect: bool
) -> None:
    double = failing(client, times=5, failure=failure, after_effect=after_effect)

    Secrets(double, sleep=naps.append).keep_pending(arn, "precious", before=UNWRITTEN)

    assert naps == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len({each.kwargs["ClientRequestToken"] for each in double.put_secret_value.call_args_list}) == 1
    assert len(client.list_secret_version_ids(SecretId=arn)["Versions"]) == 1
    assert client.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")["SecretString"] == "precious"


@pytest.mark.parametrize("failure", FAILURES, ids=["refused", "no answer"])
def test_patience_ends(client: SecretsManagerClient, arn: str, naps: list[float], failure: Exception) -> None:
    double = failing(client, times=6, failure=failure)

    with pytest.raises(SecretsError) as error:
        Secrets(double, sleep=naps.append).keep_pending(arn, "precious", before=UNWRITTEN)

    assert error.value.__cause__ is failure
    assert "precious" not in str(error.value)
    assert double.put_secret_value.call_count == 6


def test_failures_of_the_vendor_stop_here(arn: str) -> None:
    client = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9")  # nobody listens there
    client.meta.events.register("before-send", _refuse)
    secrets = Secrets(client, sleep=lambda _: None)

    for work in (lambda: secrets.read(arn), lambda: secrets.newest(arn), lambda: secrets.write(arn, "x")):
        with pytest.raises(SecretsError):
            work()


def _refuse(**_: Any) -> None:
    raise ConnectTimeoutError(endpoint_url="https://secretsmanager")
