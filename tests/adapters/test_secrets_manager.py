"""Secrets that are written so that a crash loses nothing, against moto's Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from smarther.aws.secrets_manager import Newest, Vault, VaultError

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
def vault(client: SecretsManagerClient, naps: list[float]) -> Vault:
    return Vault(client, sleep=naps.append)


def test_a_secret_that_nobody_has_written_holds_nothing(vault: Vault, arn: str) -> None:
    newest = vault.newest(arn)
    assert vault.read(arn) is None
    assert newest.text is None
    assert newest.settled  # nothing waits to be promoted


def test_what_is_written_is_current_at_once(vault: Vault, arn: str) -> None:
    vault.write(arn, "one")
    vault.write(arn, "two")

    version, newest = vault.read(arn), vault.newest(arn)
    assert version is not None
    assert version.text == newest.text == "two"
    assert newest.settled


def test_a_pending_version_is_the_newest_and_the_current_one_stays_until_it_is_promoted(vault: Vault, arn: str) -> None:
    vault.write(arn, "old")
    vault.keep_pending(arn, "new", before=vault.newest(arn))

    newest, current = vault.newest(arn), vault.read(arn)
    assert current is not None
    assert (newest.text, newest.settled, current.text) == ("new", False, "old")

    vault.promote(arn, newest)

    newest, current = vault.newest(arn), vault.read(arn)
    assert current is not None
    assert (newest.text, newest.settled, current.text) == ("new", True, "new")


def test_whoever_writes_is_told_what_reading_back_would_tell(vault: Vault, arn: str) -> None:
    """Of the first version of all, and of one after another; a read that comes too early would tell less."""
    told = vault.newest(arn)
    for text in ("first", "second"):
        told = vault.keep_pending(arn, text, before=told)
        assert told == vault.newest(arn)
        told = vault.promote(arn, told)
        assert told == vault.newest(arn)


def test_promotion_keeps_the_one_before_as_previous_and_leaves_no_pending_label(
    vault: Vault, arn: str, client: SecretsManagerClient
) -> None:
    vault.write(arn, "old")
    vault.keep_pending(arn, "new", before=vault.newest(arn))
    newest = vault.newest(arn)

    vault.promote(arn, newest)

    assert client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")


def test_the_first_version_of_all_can_be_a_pending_one(vault: Vault, arn: str) -> None:
    vault.keep_pending(arn, "first", before=vault.newest(arn))
    newest = vault.newest(arn)
    assert not newest.settled

    vault.promote(arn, newest)

    settled = vault.newest(arn)
    assert settled.settled
    assert settled.text == "first"


def test_a_later_pending_version_takes_the_place_of_an_earlier_one(vault: Vault, arn: str) -> None:
    vault.write(arn, "old")
    vault.keep_pending(arn, "lost half way", before=vault.newest(arn))
    vault.keep_pending(arn, "new", before=vault.newest(arn))

    newest = vault.newest(arn)
    assert newest.text == "new"


def test_what_somebody_else_writes_after_us_is_newer_than_a_label_that_we_left(
    vault: Vault, arn: str, client: SecretsManagerClient
) -> None:
    """A crash between the two steps of a promotion leaves the pending label on a version that is current."""
    vault.write(arn, "old")
    vault.keep_pending(arn, "ours", before=vault.newest(arn))
    newest = vault.newest(arn)
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

    newest = vault.newest(arn)
    assert newest.text == "theirs"


def test_half_a_promotion_is_finished(vault: Vault, arn: str, client: SecretsManagerClient) -> None:
    vault.write(arn, "old")
    vault.keep_pending(arn, "new", before=vault.newest(arn))
    newest = vault.newest(arn)
    client.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=newest.version_id,
        RemoveFromVersionId=newest.current_id or "",
    )

    half = vault.newest(arn)
    assert not half.settled
    vault.promote(arn, half)

    done = vault.newest(arn)
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

    Vault(double, sleep=naps.append).keep_pending(arn, "precious", before=UNWRITTEN)

    assert naps == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len({each.kwargs["ClientRequestToken"] for each in double.put_secret_value.call_args_list}) == 1
    assert len(client.list_secret_version_ids(SecretId=arn)["Versions"]) == 1
    assert client.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")["SecretString"] == "precious"


@pytest.mark.parametrize("failure", FAILURES, ids=["refused", "no answer"])
def test_patience_ends(client: SecretsManagerClient, arn: str, naps: list[float], failure: Exception) -> None:
    double = failing(client, times=6, failure=failure)

    with pytest.raises(VaultError) as error:
        Vault(double, sleep=naps.append).keep_pending(arn, "precious", before=UNWRITTEN)

    assert error.value.__cause__ is failure
    assert "precious" not in str(error.value)
    assert double.put_secret_value.call_count == 6


def test_failures_of_the_vendor_stop_here(arn: str) -> None:
    client = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9")  # nobody listens there
    client.meta.events.register("before-send", _refuse)
    vault = Vault(client, sleep=lambda _: None)

    for work in (lambda: vault.read(arn), lambda: vault.newest(arn), lambda: vault.write(arn, "x")):
        with pytest.raises(VaultError):
            work()


def _refuse(**_: Any) -> None:
    raise ConnectTimeoutError(endpoint_url="https://secretsmanager")
