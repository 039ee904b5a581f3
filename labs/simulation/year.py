"""A simulated year: receiver, keeper, redriver and the provider in one process, on one clock, from one seed.

Events wait in one queue, by their time. While the keeper waits (for an answer, or on purpose) the other events go on,
so notifications arrive in the middle of its runs and a second run meets the lease of the first.
"""

from __future__ import annotations

import heapq
import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from labs.simulation import books, faults
from labs.simulation.chronicle import Chronicle, Needs, PersonAlarm
from labs.simulation.cloud import SQS, DynamoDB, Mailbox, SecretsManager
from labs.simulation.effects import API, BASE, LOGIN, Killed
from labs.simulation.functions import (
    FUNCTION_ERRORS,
    TABLE,
    Answered,
    KeeperContainer,
    ReceiverContainer,
    RedriverContainer,
    event_of,
)
from labs.simulation.homes import Outlines
from labs.simulation.owner import Owner
from labs.simulation.post import Post
from labs.simulation.verdicts import LATE, Verdicts
from labs.simulation.weather import Weather
from sandbox.legrand import CLIENT_ID, CLIENT_SECRET, Provider, Settings
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.account.quota import DAILY_CALLS
from sandbox.legrand.http.login_endpoints import LoginEndpoints
from sandbox.legrand.provider.gateway import Gateway
from sandbox.legrand.variants import drawn
from smarther import telemetry
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import Need
from smarther.domain.account.subscription_plan import address, is_ours
from smarther.domain.keeper.provider_watch import ANNOUNCED_FOR
from smarther.keeper.settings import KeeperSettings
from smarther.receiver import deadlines
from smarther.rollup.roll_up import Rollup
from smarther.rollup.runs import make_scheduled, remake_late
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.legrand.account.answer import Answer
    from sandbox.legrand.account.faults import Fault
    from sandbox.legrand.account.subscriptions import Subscription
    from sandbox.legrand.provider.others import Client, ClientAct
    from sandbox.legrand.pushes.ledger import Push
    from smarther.domain.keeper.keeper_report import Report

START = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WARM_RATE = timedelta(minutes=5)
KEEP_WARM_SHARE = 2 / 3
"""The share of years in which the receiver is kept warm. In the others its containers freeze until somebody calls."""
REDRIVE_RATE = MINUTE
TO_FIVE_PAST = timedelta(minutes=35)
SETTLE_DAYS = 4
"""The days without faults at the end. By then everything is right again, by itself or by the owner's hand."""

MOST_CONTAINERS = 3
LIMIT_SECONDS = 0.75
NETWORK_SECONDS = 0.06
RECYCLED = 1 / 60
RECEIVER_ENDS = 1 / 1500
KEEPER_ENDS = 1 / 50
KEEPER_TWICE = 1 / 50
"""The share of runs that are started twice: the scheduler promises at least once."""
REDRIVER_ENDS = 1 / 20
LAMBDA_RETRIES = (MINUTE, 2 * MINUTE)
"""How long after each failure Lambda tries an asynchronous invocation again."""
SECRETS_LAG = timedelta(seconds=2)
"""How long a secret still reads as before after a write: Secrets Manager is eventually consistent."""
CLIENTS: Mapping[Client, float] = {"home_assistant": 26, "bridge": 13}
"""How many times a year each of them is started, and stopped."""
MOST_REFUSED_CALLS = 5
"""How many calls may be refused on a day whose quota others have used up: one, and a few more if processes end before
they can remember it."""
GHOST_MOST_GOOD_RUNS = 210
"""How many healthy runs a ghost may outlast: those of four days, and a few more. A silence is noticed after a day. If
the subscription was replaced shortly before, it is replaced again after two days, or at the first poll after them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One stretch of time to simulate.

    `intensity`: how many times as many faults as in a bad year. `every_kind`: whether it has every kind of fault.
    """

    seed: int
    days: float = 365
    intensity: float = 1
    daily_calls: int = DAILY_CALLS
    every_kind: bool = False

    @property
    def words(self) -> str:
        """What it takes to repeat it."""
        return f"seed {self.seed}, {self.days:g} days, intensity {self.intensity:g}, {self.daily_calls} calls a day"


@dataclass(slots=True)
class Ghost:
    """A subscription that gives no pushes. `good_runs`: how many healthy runs have left it in place."""

    plant_id: str
    since: datetime
    good_runs: int = 0
    late: bool = False


class Year:
    """One deployment with its provider and its owner, from the first consent to the comparison at the end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        seed = plan.seed
        self.clock = MovableClock(lambda: START)
        self.clock.hold(START)
        self.dice, self.keeper_dice, theirs = (_dice(seed, name) for name in ("chance", "keeper", "provider"))
        self.clock_dice = _dice(seed, "clocks")
        self.keeps_warm = self.clock_dice.random() < KEEP_WARM_SHARE
        self.chronicle = Chronicle(self.clock.now)
        self.variants = drawn(seed)
        settings = Settings(seed=seed, plants=2, modules=5, variants=self.variants, daily_calls=plan.daily_calls)
        self.provider = Provider(settings, self.clock, theirs)
        plants = list(self.provider.homes.plants.values())
        self.began = START
        self.home = Outlines(plants, seed, START, ZoneInfo("Europe/Rome"), self.variants)
        self.provider.homes = self.home
        self.gateway, self.desk = Gateway(self.provider), LoginEndpoints(self.provider)
        self.post = Post(_dice(seed, "post"), self.variants)
        self.dynamodb, self.sqs = DynamoDB(), SQS(self.clock.now)
        self.secrets = SecretsManager(self.clock.now, "credentials", "tokens", "webhook", lag=SECRETS_LAG)
        self.mailbox = Mailbox()
        self.weather = Weather(self.clock.now, _dice(seed, "weather"))
        self.settings = _settings(self.dice.choice((0, 5, 30, 90)), plan.daily_calls)
        self.needs, self.alarm, self.owner = Needs(self.chronicle), PersonAlarm(), Owner(self)
        self.verdicts = Verdicts(self)
        self.announced: dict[str, str] = {}
        """Headers that the provider adds to every answer."""
        self.was_announced = False
        self.other_form: faults.OtherForm | None = None
        self.closure: faults.Closure | None = None
        self.unresolved: set[str | None] = set()
        """The hosts whose names do not resolve."""
        self.recoverable: list[dict[str, Any]] = []
        self.last_report: Report | None = None
        self.quota_days: set[Any] = set()
        self.left_behind: set[str] = set()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._ever = 0
        self._receivers: list[ReceiverContainer] = []
        self._keepers: list[KeeperContainer] = []
        self._api_calls: dict[Any, int] = {}
        self._refused_calls: dict[Any, int] = {}
        self._ghosts: dict[str, Ghost] = {}
        self._bereft: dict[str, datetime] = {}
        self._app_faults: list[Fault] = []
        self._settling = False

    # ---- from beginning to end

    def live(self, progress: Callable[[float], None] = lambda _: None) -> Chronicle:
        """Simulate it, and compare at the end. `progress` is called with the number of days that have passed."""
        with _heard(self.recoverable):
            self._begin()
            for day in range(int(self.plan.days)):
                self.run_until(START + (day + 1) * DAY)
                self.dynamodb.expire(self.clock.now())
                progress(day + 1)
            self._settle()
        books.balance(self)
        return self.chronicle

    def _begin(self) -> None:
        for question, answer in self.variants.unusual.items():
            self.chronicle.note(f"world {question}={answer}")
        self.change_application(secret_created_at=START)
        self.owner.configure(CLIENT_SECRET)
        self.let_pass(SECRETS_LAG)
        self.run_keeper({"consent": {"code": self.owner.consents()}}, spared=True)
        for plant in sorted(self.provider.homes.plants):
            self.provider.add_foreign_subscription(plant, faults.OTHER_STACK + "o" * 43, "the same stack elsewhere")
        self._every(timedelta(minutes=self.dice.choice((30, 50))), self._scheduled_keeper)
        if self.keeps_warm:
            self._every(WARM_RATE, self._keep_warm)
        self._every(REDRIVE_RATE, self._redrive)
        self._every(HOUR, self._hour_ends)
        self.later(TO_FIVE_PAST, lambda: self._every(HOUR, self._roll_up))
        self._every(DAY, self._stranger_calls)
        self._every(DAY, self._look_at_dead_letters)
        self._at(self.home.next_change, self._something_changes)
        others = _dice(self.plan.seed, "others")
        for client, starts_a_year in CLIENTS.items():
            self._live_beside(client, 365 * DAY / (starts_a_year * self.plan.intensity), others)
        dice = _dice(self.plan.seed, "faults")
        sorts = faults.SORTS if self.plan.every_kind else faults.kinds(_dice(self.plan.seed, "kinds"))
        for sort in faults.SORTS:
            if sort not in sorts:
                self.chronicle.note(f"there is no {sort.name} in this year")
        for at, sort in faults.draw(sorts, START, self.plan.days, self.plan.intensity, dice):
            self._at(at, lambda sort=sort: self._strike(sort, dice))  # type: ignore[misc] # a default binds the loop's value

    def _settle(self) -> None:
        self._settling = True
        self.weather.clear_up()
        faults.end_other_form(self)
        if not self.owner_opens_it:
            faults.reopen(self, self.closure)
        self.provider.faults.clear()
        self.verdicts.all_is_well()
        faults.mend_homes(self)
        self.announced.clear()
        for fault in self._app_faults:
            self.provider.faults.add(fault)
        self.post.held_until = self.post.thinned_until = self.post.late_until = None
        self.run_until(self.clock.now() + SETTLE_DAYS * DAY)
        if self.closure is not None and self.closure.trial is not None:
            self.verdicts.ends(self.closure.trial)
        self._follow_the_stream()

    def _strike(self, sort: faults.Sort, dice: Random) -> None:
        self.chronicle.note(f"fault {sort.name}")
        sort.strike(self, dice)

    # ---- time

    def run_until(self, end: datetime) -> None:
        """Do everything that is due by `end`."""
        events, clock = self._events, self.clock
        while events and events[0][0] <= end:
            due, _, event = heapq.heappop(events)
            if due > clock.now():
                clock.hold(due)
            event()
        if end > clock.now():
            clock.hold(end)

    def let_pass(self, by: timedelta) -> None:
        """Somebody waits, and everything else goes on."""
        self.run_until(self.clock.now() + by)

    def later(self, by: timedelta, event: Callable[[], None]) -> None:
        """Do something once so much time has passed."""
        self._at(self.clock.now() + by, event)

    def _at(self, at: datetime, event: Callable[[], None]) -> None:
        self._ever += 1
        heapq.heappush(self._events, (at, self._ever, event))

    def _every(self, period: timedelta, event: Callable[[], None]) -> None:
        def once(due: datetime) -> None:
            self._at(due + period, lambda: once(due + period))
            event()

        first = self.clock.now() + period
        self._at(first, lambda: once(first))

    # ---- the homes and the post

    def _something_changes(self) -> None:
        for snapshot in self.home.advance(self.clock.now()):
            if self.post.loses(self.clock.now()):
                self.chronicle.count("changes that are never pushed")
                self.verdicts.push_failed(snapshot.module_id)
                continue
            for due, push in self.post.pushes(snapshot):
                if due - snapshot.at > LATE:
                    self.verdicts.push_failed(snapshot.module_id)
                self._at(max(due, self.clock.now()), lambda push=push: self._deliver(push))  # type: ignore[misc] # a default binds the loop's value
        self._at(self.home.next_change, self._something_changes)

    def _deliver(self, push: Push) -> None:
        if self.post.held_until is not None:
            if self.clock.now() < self.post.held_until:
                self.verdicts.push_failed(push.module_id)
                self._at(self.post.held_until, lambda: self._deliver(push))
                return
            self.post.held_until = None
        if push.plant_id in self._bereft:
            self.chronicle.count("changes not told, for another client had deleted our subscription")
        came = False
        for attempt in self.provider.dispatch.attempts(push):
            genuine = attempt.subscription.id not in self.left_behind
            answered = self.push(attempt.subscription.url, push.body, genuine=genuine)
            seconds = answered.seconds + NETWORK_SECONDS
            in_time = seconds < LIMIT_SECONDS
            self.provider.dispatch.settle(attempt, answered.status if in_time else None, seconds * 1000)
            came = came or (in_time and answered.status == 200 and genuine)
        made_at = self.post.made.get(str(push.envelope_id))
        is_told = came and self.post.contents[push.content].readings > 0
        if not is_told or made_at is None or self.clock.now() - made_at > LATE:
            self.verdicts.push_failed(push.module_id)

    def replay(self) -> None:
        """Deliver everything that came late once more."""
        for push in self.post.replay():
            self._at(self.clock.now(), lambda push=push: self._deliver(push))  # type: ignore[misc] # a default binds the loop's value

    def push(self, url: str, body: bytes, *, genuine: bool = False) -> Answered:
        """The answer to a POST to one of our addresses; 5xx if no function answers.

        `genuine`: whether it goes to an address that the keeper subscribed.
        """
        if self.weather.front_door_fails or self.weather.brown_outs:
            self.verdicts.address_failed()
        if self.weather.front_door_fails:
            self.chronicle.count("refused by the front door")
            return Answered(503, b"", 0.05)
        secret = urlsplit(url).path.rpartition("/")[2]
        try:
            answered = self._receiver().invoke(event_of(secret, body, self.dice), self._end(RECEIVER_ENDS, 4))
        except Killed:
            self.chronicle.count("receiver ended in the middle")
            self.verdicts.address_failed()
            self._receivers.pop()
            return Answered(502, b"", 0.3)
        if answered.seconds > deadlines.ANSWER_SECONDS:
            self.chronicle.wrong(f"the receiver took {answered.seconds * 1000:.0f} ms")
        if genuine and answered.status != 200:
            self.chronicle.wrong(f"a genuine notification was answered {answered.status}")
        return answered

    def _receiver(self) -> ReceiverContainer:
        """One of the containers at random, moved to the end of the list; sometimes a new one."""
        receivers = self._receivers
        if not receivers or (len(receivers) < MOST_CONTAINERS and self.dice.random() < RECYCLED):
            self.chronicle.count("receiver began cold")
            receivers.append(ReceiverContainer(self))
        else:
            receivers.append(receivers.pop(self.dice.randrange(len(receivers))))
            if self.dice.random() < RECYCLED:
                receivers[-1] = ReceiverContainer(self)
                self.chronicle.count("receiver began cold")
        return receivers[-1]

    def _secrets_in_force(self) -> set[str]:
        if not self.secrets.written["webhook"]:
            return set()
        held = self.secrets.written["webhook"][-1]
        return {held[name] for name in ("current", "pending", "previous") if name in held}

    def _stranger_calls(self) -> None:
        snapshot = next(iter(self.home.outlines.values())).snapshot(self.clock.now())
        _, push = Post(_dice(self.plan.seed, "stranger")).pushes(snapshot)[0]
        secret = self.dice.choice(("admin", "x" * 43, "z" * 43))
        answered = self.push(address(BASE, secret), push.body)
        if answered.status == 200 and not self.weather.brown_outs:
            self.chronicle.wrong("a call with a wrong secret was let in")

    # ---- the functions on their schedules

    def _keep_warm(self) -> None:
        try:
            self._receiver().invoke({"keep_warm": True}, self._end(RECEIVER_ENDS, 1))
        except Killed:
            self._receivers.pop()

    def _roll_up(self) -> None:
        """Make the statistics that are due, and those of late readings anew. No run fails."""
        make_scheduled(self.rollup(), HoursAndDays(Table(self.dynamodb, TABLE)), self.clock.now())  # type: ignore[arg-type] # plays the client
        self._follow_the_stream()

    def _follow_the_stream(self) -> None:
        late, self.dynamodb.late = self.dynamodb.late, []
        if remake_late(self.rollup(), late)["batchItemFailures"]:
            self.chronicle.wrong("statistics could not be made anew")
        self.chronicle.count("readings after their hours", len(late))

    def rollup(self) -> Rollup:
        """The rollup as it runs now."""
        table = Table(self.dynamodb, TABLE)  # type: ignore[arg-type] # plays the client
        return Rollup(table, zone=self.settings.timezone, now=self.clock.now(), out_of_time=lambda: False)

    def _scheduled_keeper(self, attempt: int = 0) -> None:
        if attempt == 0 and self.dice.random() < KEEPER_TWICE:
            self.later(timedelta(seconds=self.dice.uniform(0, 5)), lambda: self._scheduled_keeper(attempt=1))
        if self.run_keeper({"scheduled": True}) is None and attempt < len(LAMBDA_RETRIES):
            self.later(LAMBDA_RETRIES[attempt], lambda: self._scheduled_keeper(attempt + 1))

    def run_keeper(self, event: Mapping[str, Any], *, spared: bool = False) -> Report | None:
        """One run of the keeper; None if it failed or ended in the middle."""
        container = self._keepers.pop() if self._keepers else KeeperContainer(self)
        report: Report | None = None
        began, heard = self.clock.now(), dict(self.dynamodb.heard)
        try:
            report = container.invoke(event, None if spared else self._end(KEEPER_ENDS, 60))
        except Killed:
            self.verdicts.run_is_lost()
            self.chronicle.note("keeper ended in the middle")
        except FUNCTION_ERRORS:
            self.verdicts.run_is_lost()
            self.chronicle.count("keeper failed with AWS")
            self._keep(container)
        else:
            self._keep(container)
        self._look_at_consent()
        if report is not None and report.outcome == "busy":
            self.chronicle.count("keeper met a lease")
        elif report is not None and report.rested:
            self.chronicle.count("keeper rested")  # it repeats what the run before found
            self.alarm.measure(report.reasons_now)
        elif report is not None:
            self._hear(report, began)
            books.check_silence(self, report, began, heard)
        return report

    def _keep(self, container: KeeperContainer) -> None:
        """Use the container again, unless a deployment has replaced it meanwhile."""
        if container.settings is self.settings:
            self._keepers.append(container)

    def deploy(self, **changed: object) -> None:
        """The owner deploys the stack with other parameters: the next run of the keeper has them."""
        self.settings = self.settings.model_copy(update=changed)
        self._keepers.clear()

    def _hear(self, report: Report, began: datetime) -> None:
        self._look_for_the_bereft()
        self.chronicle.count(f"keeper {report.outcome}")
        for action in report.actions:
            self.chronicle.count(f"action {action.partition(' ')[0]}")
        self.last_report = report
        self.alarm.measure(report.reasons_now)
        if report.days_to_renewal is not None and report.days_to_renewal <= 0:
            self.owner.hear_of_renewal()
        if report.outcome == "healthy":
            self._check_health(began)
        self.verdicts.hear(report)
        is_news = began - self.needs.since("announcement", began) < ANNOUNCED_FOR
        if not is_news and not any(person.reason is Reason.PROVIDER_CHANGED for person in report.person):
            self.needs.end("announcement")
        self._watch_ghosts(report)

    def _check_health(self, began: datetime) -> None:
        """Check that a healthy report is true: each plant is subscribed, at an address that is in force.

        A plant is excepted if another client deleted its subscription during the run.
        """
        in_force = {address(BASE, secret) for secret in self._secrets_in_force()}
        subscribed = {entry.plant_id for entry in self.our_subscriptions() if entry.url in in_force}
        just_now = {plant_id for plant_id, since in self._bereft.items() if since >= began}
        if missing := set(self.home.plants) - subscribed - just_now:
            self.chronicle.wrong(f"reported as healthy, while {len(missing)} plants are not subscribed")

    def _redrive(self) -> None:
        if not self.sqs.waiting:
            return
        container = RedriverContainer(self)
        for _ in range(20):
            messages = self.sqs.receive(10)
            if not messages:
                return
            try:
                for number in container.invoke(messages, self._end(REDRIVER_ENDS, 6)):
                    self.sqs.delete(number)
                    self.chronicle.count("redriven")
            except Killed:
                self.chronicle.count("redriver ended in the middle")
                container = RedriverContainer(self)

    def _end(self, chance: float, effects: int) -> tuple[int, str] | None:
        """At which effect a process is to end; None if it is not."""
        if self._settling or self.dice.random() >= chance:
            return None
        return self.dice.randrange(effects), self.dice.choice(("before", "after"))

    # ---- what the provider and the owner do

    def our_subscriptions(self) -> list[Subscription]:
        """The subscriptions at the provider that are ours."""
        return [entry for entry in self.provider.subscriptions.all() if is_ours(entry.url, BASE)]

    def _live_beside(self, client: Client, between: timedelta, dice: Random) -> None:
        """Have another client of the account start and stop at random, and delete subscriptions as it does."""

        def act(step: ClientAct) -> None:
            if self._settling:
                return
            self.chronicle.note(f"{client} {step}s")
            is_gone = self.closure is not None and not self.owner_opens_it
            for deleted in () if is_gone else self.provider.others.act(client, step):
                self.chronicle.count(f"{client} deleted {'one of ours' if deleted.ours else 'one of others'}")
                if deleted.ours:
                    self._bereft.setdefault(deleted.plant_id, self.clock.now())
            self.later(between * dice.expovariate(2), lambda: act("start" if step == "stop" else "stop"))

        self.later(between * dice.expovariate(2), lambda: act("start"))

    def _look_for_the_bereft(self) -> None:
        """Count how long plants lacked a subscription that another client had deleted, once they have one again."""
        subscribed = {entry.plant_id for entry in self.our_subscriptions()}
        for plant_id in subscribed & self._bereft.keys():
            lasted = self.clock.now() - self._bereft.pop(plant_id)
            self.chronicle.count(
                "minutes without a subscription that another client had deleted", round(lasted / MINUTE)
            )

    def change_application(self, **changed: Any) -> None:
        """Change what the developer portal says about the owner's application."""
        application = self.provider.login.application(CLIENT_ID)
        assert application is not None
        self.provider.login.register(replace(application, **changed))

    def leave_behind(self, plant_id: str, secret: str) -> None:
        """Add a subscription at an address that the keeper never made, as of an earlier deployment under this name.

        While the table fails nobody can tell it from ours: its pushes are acknowledged, and dropped later.
        """
        entry = self.provider.subscriptions.add(plant_id, address(BASE, secret), "before", self.clock.now(), ours=True)
        self.left_behind.add(entry.id)

    def haunt(self, entry: Subscription | None) -> None:
        """Turn a subscription into a ghost."""
        if entry is not None and not entry.ghost:
            self.provider.subscriptions.make_ghost(entry.id)
            self._ghosts[entry.id] = Ghost(entry.plant_id, self.clock.now())

    def app_asks(self, ordered: list[Fault], why: str) -> None:
        """From now on Legrand's app asks for its owner."""
        if not self._app_faults:
            self._app_faults = ordered
            self.chronicle.note(f"app asks: {why}")
            for fault in ordered:
                self.provider.faults.add(fault)
            if self.closure is None:
                self.needs.begin(faults.APP)

    def app_is_content(self) -> None:
        """The owner did what the app asked for."""
        faults.withdraw(self, self._app_faults)
        self._app_faults = []
        if self.closure is None:
            self.needs.end(faults.APP)

    @property
    def asked_by_app(self) -> bool:
        """Whether Legrand's app asks for its owner."""
        return bool(self._app_faults)

    @property
    def owner_opens_it(self) -> bool:
        """Whether the API is closed to us until the owner does something in the developer portal."""
        return self.closure is not None and self.closure.reason is Reason.SUBSCRIPTION_KEY_REFUSED

    def key_is_active(self) -> None:
        """The owner did what the developer portal asked for."""
        if self.owner_opens_it:
            faults.reopen(self, self.closure)

    def note_api_call(self, answer: Answer) -> None:
        """Count one call, and check it against the quota."""
        today = self.clock.now().date()
        self._api_calls[today] = self._api_calls.get(today, 0) + 1
        self.chronicle.count("API calls")
        if self._api_calls[today] > self.settings.quota.limit(Need.REQUIRED):
            self.chronicle.wrong(f"call number {self._api_calls[today]} of the day")
        if answer.status == 403 and b"quota" in answer.content:
            self.chronicle.count("calls refused for the quota")
            self._refused_calls[today] = self._refused_calls.get(today, 0) + 1
            if self._refused_calls[today] == MOST_REFUSED_CALLS + 1:
                self.chronicle.wrong("calls go on after the quota was used up")
            if today not in self.quota_days and self.provider.quota.limit >= self.settings.daily_calls:
                self.chronicle.wrong("the quota was exceeded")

    @property
    def most_calls_in_a_day(self) -> int:
        """The number of calls on the busiest day."""
        return max(self._api_calls.values(), default=0)

    # ---- what is watched

    def _hour_ends(self) -> None:
        if self.alarm.hour_ends():
            self.needs.told()
            self.owner.get_mail()
        self.needs.watch(alarm_is_on=self.alarm.on)

    def _look_at_consent(self) -> None:
        """Note whether the newest refresh token that we hold is still good."""
        written = self.secrets.written["tokens"]
        if not written:
            return
        grant = self.provider.login._refresh.get(written[-1]["refresh_token"])
        if grant is not None and grant.live(self.clock.now()):
            self.needs.end("consent")
        else:
            self.needs.begin("consent")

    def _watch_ghosts(self, report: Report) -> None:
        listed = {entry.id for entry in self.our_subscriptions()}
        for number in [number for number in self._ghosts if number not in listed]:
            lasted = self.clock.now() - self._ghosts.pop(number).since
            self.chronicle.note(f"ghost gone after {lasted / HOUR:.0f} hours")
        for ghost in self._ghosts.values():
            ghost.good_runs += report.outcome == "healthy"
            if ghost.good_runs > GHOST_MOST_GOOD_RUNS and not ghost.late:
                ghost.late = True
                self.chronicle.wrong("a ghost subscription has stayed for too long")

    def _look_at_dead_letters(self) -> None:
        """Move dead letters back once their cause is gone, as the owner does whom their alarm has told."""
        if self.sqs.dead and not self.weather.brown_outs:
            self.chronicle.count("dead letters moved back", self.sqs.redrive())


@contextmanager
def _heard(recoverable: list[dict[str, Any]]) -> Iterator[None]:
    """Keep only the logs that hold notifications, and no metrics: writing them would take most of the time."""

    @dataclass
    class Listener:
        kept: list[dict[str, Any]] = field(default_factory=list)

        def info(self, event: str, *, extra: Mapping[str, Any]) -> None:
            json.dumps(extra)

        warning = info

        def error(self, event: str, *, extra: Mapping[str, Any]) -> None:
            assert event == telemetry.RECOVERABLE
            self.kept.append(json.loads(json.dumps(extra)))

    with (
        patch.object(telemetry, "logger", Listener(recoverable)),
        patch.object(telemetry, "measure", lambda *_, **__: None),
    ):
        yield


def _dice(seed: int, name: str) -> Random:
    return Random(f"{seed}:{name}")  # noqa: S311 - the same dice each time


def _settings(rotation_days: int, daily_calls: int) -> KeeperSettings:
    return KeeperSettings.model_validate(
        {
            "TABLE_NAME": TABLE,
            "CREDENTIALS_SECRET_ARN": "credentials",
            "TOKENS_SECRET_ARN": "tokens",
            "WEBHOOK_SECRET_ARN": "webhook",
            "WEBHOOK_BASE_URL": BASE,
            "LEGRAND_API_URL": API,
            "LEGRAND_LOGIN_URL": LOGIN,
            "PLANT_IDS": "",
            "STALE_AFTER_HOURS": "24",
            "WEBHOOK_ROTATION_DAYS": str(rotation_days),
            "RETENTION_DAYS": "0",
            "ALARM_TOPIC_ARN": "alarms",
            "TIMEZONE": "Europe/Rome",
            "LEGRAND_DAILY_CALLS": str(daily_calls),
        }
    )
