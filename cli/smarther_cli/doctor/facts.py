"""What the cloud says of the stack, as far as the checks look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from smarther.domain.keeper.keeper_probe import Probe
    from smarther.domain.keeper.keeper_report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function, named as in the template without "Function". `state` is None where it is gone."""

    name: str
    state: str | None
    update: str | None = None
    processor: str | None = None
    reserved: int | None = None
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer that functions use: the processors it says it is for, and those that its native code is for."""

    name: str
    declared: frozenset[str]
    built: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processors:
    """The processor that was chosen, and what runs on which."""

    chosen: str
    functions: tuple[Function, ...]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """The version that `live` leads to, another that has a share of the calls, and the newest that there is."""

    version: str
    sharing: str | None
    newest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnswers:
    """What the keeper found at the webhook's address; or how it failed, and what helps.

    In a cloud that runs on this machine a new container is a process of this machine.
    """

    probe: Probe | None
    failure: str = ""
    remedy: str = ""
    on_this_machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule. `state` is None where it is gone; `wanted` is whether the stack's parameters have it on."""

    name: str
    state: str | None
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """How long ago it last ran, None for never; how often it should; how long there has been a stack."""

    ago: timedelta | None
    every: timedelta
    stack_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReport:
    """The keeper's last report, None before its first run; then whether credentials were given."""

    report: Report | None
    configured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """The table as DynamoDB describes it."""

    status: str
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The table's time to live."""

    status: str
    attribute: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many messages wait in a queue, and how many somebody has in hand."""

    waiting: int
    in_hand: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A log group. `days` is None where it keeps everything for ever."""

    name: str
    exists: bool
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The stack's log groups, and for how many days they were chosen to keep what is in them."""

    groups: tuple[LogGroup, ...]
    chosen_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm. `state` is None where it is gone; `tells` is whether it publishes to the stack's topic."""

    name: str
    state: str | None
    tells: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Who hears the alarms' topic: the ways of those who have confirmed, and how many have not yet."""

    confirmed: tuple[str, ...]
    pending: int
    mail_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """The functions (ARNs) that the dashboard calls, and where and how the stack's own widget is called."""

    calls: tuple[str, ...]
    region: str
    widget: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """Executions at once in this account and region: the limit, and what of it no function has for itself."""

    limit: int
    unreserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """What the API lets through to the webhook: requests a second, and at once."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Sums of the last day's metrics, None where there is no point at all.

    A metric of what goes wrong has no point on a good day, so beside each stands one that has points on any day.
    """

    invocations: float | None
    throttled: float | None
    requests: float | None
    failed: float | None
    keeper_runs: float | None
    spilled: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What came of setting an alarm off and on again: which, whether its topic was told, whether anybody hears it.

    `told` is None where CloudWatch has not said yet; `alarm` is None where there was none to ring.
    """

    alarm: str | None
    told: bool | None
    heard: bool | None
