"""Facts about the stack, as the cloud gives them, for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from smarther.domain.keeper.keeper_probe import Probe
    from smarther.domain.keeper.keeper_report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function, named as in the template without "Function". `state` is None if it does not exist."""

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
    """The chosen processor, and those of functions and layers."""

    chosen: str
    functions: tuple[Function, ...]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """The version that the alias `live` calls, a second one that has a share of the calls, and the newest version."""

    version: str
    sharing: str | None
    newest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnswers:
    """What the keeper found at the webhook's address; or how that failed, and the remedy.

    In a cloud on this machine a new container is a process of this machine.
    """

    probe: Probe | None
    failure: str = ""
    remedy: str = ""
    on_this_machine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule. `state` is None if it does not exist; `wanted` is whether the parameters turn it on."""

    name: str
    state: str | None
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """How long ago a function last ran (None for never), how often it should, and the age of the stack."""

    ago: timedelta | None
    every: timedelta
    stack_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReport:
    """The keeper's last report, None before its first run; `configured` is whether credentials were given."""

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
class LogGroup:
    """A log group. `days` is None if its logs never expire."""

    name: str
    exists: bool
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The stack's log groups, and the chosen number of days after which logs expire."""

    groups: tuple[LogGroup, ...]
    chosen_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm. `state` is None if it does not exist; `tells` is whether it publishes to the stack's topic."""

    name: str
    state: str | None
    tells: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """The subscribers of the alarms' topic: the protocols of the confirmed ones, and how many are pending."""

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
class Throttle:
    """The API's limits for the webhook: requests a second, and at once."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Sums of the last day's metrics; None if a metric has no data.

    A metric of failures has no data on a good day, so beside each is one that has data on any day.
    """

    invocations: float | None
    throttled: float | None
    requests: float | None
    failed: float | None
    keeper_runs: float | None
    spilled: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """The outcome of a drill: the alarm, whether it published to its topic, and whether anybody is subscribed.

    `told` is None if CloudWatch has not said yet; `alarm` is None if there was none to set off.
    """

    alarm: str | None
    told: bool | None
    heard: bool | None
