"""Secrets Manager: reads the newest version of a secret, and writes so that a crash in between loses nothing.

It is eventually consistent: a version that was just written may not be read back yet
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html). So each write returns the state of the
secret after it, which its caller uses instead of reading. The next run passes in the state that this one left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT: Final = "AWSCURRENT"
PENDING: Final = "AWSPENDING"
PREVIOUS: Final = "AWSPREVIOUS"

_RETRY_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between the attempts to save a secret that cannot be obtained again."""

_LATE_READS: Final = (1.0, 2.0, 4.0)
"""Seconds between the reads of a secret that differs from the state in which it was left."""


class SecretsError(Exception):
    """A secret could not be read or written. The message never holds a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a secret."""

    text: str = field(repr=False)
    version_id: str
    created_at: datetime
    stages: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest version of a secret, and the id of the current one.

    While the newest is pending, the current one is another version, or there is none. `text` is None, and `version_id`
    empty, for a secret that has no version yet.
    """

    text: str | None = field(repr=False)
    version_id: str
    current_id: str | None
    pending: bool

    @property
    def settled(self) -> bool:
        """Whether the newest version is the current one and has no pending label, or there is no version yet."""
        return self.text is None or (self.version_id == self.current_id and not self.pending)

    @property
    def left(self) -> tuple[str, bool]:
        """What the next run passes to `newest`: the version's id, and whether it is settled."""
        return self.version_id, self.settled


class Secrets:
    """The secrets of one deployment, each named by its ARN."""

    def __init__(self, client: SecretsManagerClient, *, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def read(self, arn: str) -> Version | None:
        """The current version; None for a secret that has none yet. Raises SecretsError."""
        return _written(self._version(arn, CURRENT))

    def newest(self, arn: str, *, left: tuple[str, bool] | None = None) -> Newest:
        """The version written last: the current one, or a pending one that an earlier run did not promote.

        Where it differs from `left`, the state in which the last run left it, it is read again for some seconds. If it
        still differs, it is accepted: another program wrote it, or the last run ended before it could record its state.
        Raises SecretsError.
        """
        for pause in _LATE_READS:
            newest = self._newest(arn)
            if left is None or newest.left == left:
                return newest
            self._sleep(pause)
        return self._newest(arn)

    def _newest(self, arn: str) -> Newest:
        """The newest version as Secrets Manager returns it now.

        A version that has been current may still have the pending label: when another program has written since, or
        after a crash at the end of a promotion. Such a version is not newer than the current one.
        """
        current, pending = self._version(arn, CURRENT), self._version(arn, PENDING)
        current_id = None if current is None else current.version_id
        if pending is not None and (current is None or _follows(pending, current)):
            return Newest(text=pending.text, version_id=pending.version_id, current_id=current_id, pending=True)
        written = _written(current)
        if written is None:
            return Newest(text=None, version_id="", current_id=current_id, pending=False)
        stays = PENDING in written.stages
        return Newest(text=written.text, version_id=written.version_id, current_id=current_id, pending=stays)

    def write(self, arn: str, text: str) -> None:
        """Write a new current version. Raises SecretsError."""
        try:
            self._client.put_secret_value(SecretId=arn, SecretString=text, ClientRequestToken=str(uuid4()))
        except (ClientError, BotoCoreError) as failure:
            raise SecretsError("a secret could not be written") from failure

    def keep_pending(self, arn: str, text: str, *, before: Newest) -> Newest:
        """Write a pending version, saved but not yet in force, after the version `before`; returns the new state.

        What is saved here cannot be obtained again, so a failure is retried for half a minute. All attempts have one
        idempotency token, so that a retry of an attempt that did succeed makes no second version. Secrets Manager makes
        the first version of a secret current at once. Raises SecretsError.
        """
        token = str(uuid4())
        for pause in (*_RETRY_PAUSES, None):
            try:
                written = self._client.put_secret_value(
                    SecretId=arn, SecretString=text, ClientRequestToken=token, VersionStages=[PENDING]
                )
            except (ClientError, BotoCoreError) as failure:
                if pause is None:
                    raise SecretsError("a pending secret could not be written") from failure
                self._sleep(pause)
            else:
                break
        version_id = written["VersionId"]
        current_id = version_id if CURRENT in written["VersionStages"] else before.current_id
        return Newest(text=text, version_id=version_id, current_id=current_id, pending=True)

    def promote(self, arn: str, newest: Newest) -> Newest:
        """Make a pending version the current one, and the current one the previous one; returns the new state.

        Raises SecretsError.
        """
        version_id, current_id = newest.version_id, newest.current_id
        try:
            if current_id is None:
                self._client.update_secret_version_stage(SecretId=arn, VersionStage=CURRENT, MoveToVersionId=version_id)
            elif current_id != version_id:
                self._client.update_secret_version_stage(
                    SecretId=arn, VersionStage=CURRENT, MoveToVersionId=version_id, RemoveFromVersionId=current_id
                )
            self._client.update_secret_version_stage(SecretId=arn, VersionStage=PENDING, RemoveFromVersionId=version_id)
        except (ClientError, BotoCoreError) as failure:
            raise SecretsError("a pending secret could not be promoted") from failure
        return replace(newest, current_id=version_id, pending=False)

    def _version(self, arn: str, stage: str) -> Version | None:
        try:
            answer = self._client.get_secret_value(SecretId=arn, VersionStage=stage)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        except (ClientError, BotoCoreError) as failure:
            raise SecretsError("a secret could not be read") from failure
        return Version(
            text=answer.get("SecretString", ""),
            version_id=answer["VersionId"],
            created_at=answer["CreatedDate"],
            stages=frozenset(answer["VersionStages"]),
        )


def _written(version: Version | None) -> Version | None:
    """The version; None for an empty one, which means that the secret was created and never written.

    Secrets Manager gives a secret that is created without a value no version; emulators give it an empty one.
    """
    return version if version is not None and version.text else None


def _follows(pending: Version, current: Version) -> bool:
    """Whether the pending version was written after the current one, and has never been current."""
    return (
        pending.version_id != current.version_id
        and PREVIOUS not in pending.stages
        and pending.created_at >= current.created_at
    )
