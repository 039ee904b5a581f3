"""Storing the notifications that wait outside the table, in the same way as on arrival.

They wait in three places: in quarantine, because they could not be read; in the dead-letter queue of the spill queue,
because the table did not take them for hours; in the receiver's log, because neither table nor queue took them. To
store one twice changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.readings.notification import parse
from smarther.domain.readings.spilled import MalformedError, Spilled
from smarther.receiver.record import Recorded
from smarther.store.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

    from smarther.domain.account.webhook import AcceptedDigests
    from smarther.receiver.record import Recorder
    from smarther.store.digests import Digests
    from smarther.store.quarantine import Quarantine

RECOVERABLE: Final = "notification_recoverable"
"""The message of the receiver's log records that hold a spilled notification."""

HIDDEN_SECONDS: Final = 900
"""How long a received message is hidden: longer than a replay takes to reach the end of the queue."""

WAIT_SECONDS: Final = 1
"""The wait of each receive call. Without one, a queue may seem empty when it is not."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One notification that waits; None if its record is malformed. `forget` removes it from where it waits.

    A `quarantined` one stays where it is until it can be read. The unreadable body of any other goes to quarantine.
    """

    notification: Spilled | None
    quarantined: bool = False
    forget: Callable[[], None] = field(default=lambda: None)


@dataclass(slots=True)
class Tally:
    """The outcome for the notifications of one place.

    `stored` and `duplicates` count readings, the others notifications: `done` wait no longer, `unreadable` still cannot
    be read, `refused` are from strangers, `failed` could not be stored this time.
    """

    found: int = 0
    done: int = 0
    stored: int = 0
    duplicates: int = 0
    unreadable: int = 0
    refused: int = 0
    failed: int = 0
    failures: set[str] = field(default_factory=set)


class Replay:
    """Stores notifications; in a `rehearsal` nothing is written and nothing removed."""

    def __init__(self, recorder: Recorder, digests: Digests, *, rehearsal: bool) -> None:
        self._recorder = recorder
        self._digests = digests
        self._rehearsal = rehearsal
        self._accepted: AcceptedDigests | None = None

    def take(self, waiting: Waiting, tally: Tally) -> None:
        """Store a notification, and remove it from where it waits once it is stored or known to be a stranger's."""
        tally.found += 1
        notification = waiting.notification
        if notification is None:
            _failed(tally, "it is not in the form that the recorder writes")
            return
        try:
            strangers = self._is_strangers(notification)
        except TableUnavailableError as error:
            _failed(tally, str(error))
            return
        if strangers:
            tally.refused += 1
            self._settle(waiting, tally)
        else:
            self._store(notification, waiting, tally)

    def _is_strangers(self, notification: Spilled) -> bool:
        """Whether a notification that the receiver could not verify is a stranger's."""
        if notification.verified:
            return False
        if self._accepted is None:
            self._accepted = self._digests.accepted()
        if not self._accepted.known():
            raise TableUnavailableError("nobody can be checked before the keeper's first run")
        return not self._accepted.accept(notification.presented)

    def _store(self, notification: Spilled, waiting: Waiting, tally: Tally) -> None:
        parsed = parse(notification.body)
        if self._rehearsal:
            recorded = Recorded(quarantined=len(parsed.rejects))
        else:
            recorded = self._recorder.record(
                parsed, notification.body, received_at=notification.received_at, stored_at=datetime.now(UTC)
            )
        tally.stored += recorded.stored
        tally.duplicates += recorded.duplicates
        tally.unreadable += recorded.quarantined > 0
        if recorded.failed:
            _failed(tally, recorded.failure or "unknown")
        elif not (recorded.quarantined and waiting.quarantined):
            self._settle(waiting, tally)

    def _settle(self, waiting: Waiting, tally: Tally) -> None:
        tally.done += 1
        if not self._rehearsal:
            waiting.forget()


def _failed(tally: Tally, why: str) -> None:
    tally.failed += 1
    tally.failures.add(why)


# ---- the three places


def in_quarantine(quarantine: Quarantine) -> Iterator[Waiting]:
    """Every body in quarantine, one at a time. The parts that could be read on arrival are stored already."""
    for found in quarantine.bodies():
        try:
            body = quarantine.body(found.digest)
        except ValueError:
            yield Waiting(None)
            continue
        received_at = datetime.fromisoformat(found.received_at)
        yield Waiting(
            Spilled(body=body, received_at=received_at, presented="", verified=True),
            quarantined=True,
            forget=partial(quarantine.forget, found),
        )


def in_dead_letters(client: SQSClient, url: str) -> Iterator[Waiting]:
    """Every message of the queue, once. Those that are not removed are visible again when this ends."""
    seen: dict[str, str] = {}
    forgotten: set[str] = set()

    def forget(message_id: str) -> None:
        client.delete_message(QueueUrl=url, ReceiptHandle=seen[message_id])
        forgotten.add(message_id)

    try:
        while messages := client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=WAIT_SECONDS
        ).get("Messages", []):
            new = [message for message in messages if message["MessageId"] not in seen]
            seen |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            if not new:
                return
            for message in new:
                yield Waiting(_read(message["Body"]), forget=partial(forget, message["MessageId"]))
    finally:
        for message_id in seen.keys() - forgotten:
            client.change_message_visibility(QueueUrl=url, ReceiptHandle=seen[message_id], VisibilityTimeout=0)


def in_log(client: CloudWatchLogsClient, group: str, *, since: datetime | None) -> Iterator[Waiting]:
    """Every notification that the receiver spilled to its log. Its records stay there until they expire."""
    parts: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    asked: dict[str, Any] = {"logGroupName": group, "filterPattern": f'"{RECOVERABLE}"'}
    if since is not None:
        asked["startTime"] = int(since.timestamp() * 1000)
    for page in client.get_paginator("filter_log_events").paginate(**asked):
        for event in page["events"]:
            told = _recovery_record(event["message"])
            if told is None:
                continue
            of_one = parts.setdefault((told["digest"], told["received_at"]), {})
            of_one[told["part"]] = told
            if len(of_one) == told["parts"]:
                del parts[told["digest"], told["received_at"]]
                yield Waiting(_joined([of_one[number] for number in sorted(of_one)]))
    for _ in parts:  # a part is missing, or has expired
        yield Waiting(None)


def _recovery_record(message: str) -> dict[str, Any] | None:
    """The record of a log line; None if it is another record that only contains the word."""
    try:
        told = json.loads(message)
        ours = told["message"] == RECOVERABLE and all(
            name in told for name in ("digest", "received_at", "part", "parts")
        )
    except (ValueError, TypeError, KeyError):
        return None
    return told if ours else None


def _joined(records: Sequence[dict[str, Any]]) -> Spilled | None:
    try:
        return Spilled.from_fields(records[0] | {"body": "".join(told["body"] for told in records)})
    except (MalformedError, TypeError, KeyError):
        return None


def _read(message: str) -> Spilled | None:
    try:
        return Spilled.from_message(message)
    except MalformedError:
        return None
