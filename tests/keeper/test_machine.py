"""Keeper, callback and provider in any order, with faults at random: what must hold, holds after every step.

- Never two live refreshes: a second run that starts in the middle of a first one asks the login for nothing.
- Never a lost newest token: what the login issued last is in Secrets Manager, unless its answer never arrived.
- Never another's subscription deleted.
- Never more calls than the quota, and never fewer counted than made.
- And when everybody leaves the recorder alone for a while, it is well, or it says what a person must do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from labs.simulation.effects import BASE, Effects, Killed, one_time
from sandbox.legrand.account.faults import Fault
from smarther.callback.keeper_function import KeeperError
from smarther.callback.return_from_consent import Callback
from smarther.domain.account.quota import Need
from smarther.keeper.run import RunRequest
from smarther.store.keeper_items import Consents, calls_of_day
from tests.support.world import World

REFRESH = "POST login.example /token"
OTHER_DEPLOYMENT = "https://other.example/notifications/" + "o" * 43
MOST_EFFECTS = 45

OPERATIONS = st.sampled_from(["token", "plants", "topology", "status", "programlist", "subscribe", "delete", "list"])
STATUSES = st.sampled_from([400, 401, 404, 408, 409, 429, 430, 469, 470, 486, 500, 503])
GAPS = st.sampled_from([timedelta(minutes=3), timedelta(minutes=30), timedelta(hours=2), timedelta(days=1)])


class Recorder(RuleBasedStateMachine):
    """One deployment, its provider, and its owner."""

    @initialize(seed=st.integers(0, 999))
    def deploy(self, seed: int) -> None:
        self.world = World(modules=2, seed=seed, in_memory=True, checked=True)
        for plant_id in self.world.plant_ids:
            self.world.provider.add_foreign_subscription(plant_id, OTHER_DEPLOYMENT, "the same stack elsewhere")
        self.foreign = self._foreign()
        self.world.configure()
        self.overlaps: list[str] = []
        self.most_calls = 0
        self._go({"consent": {"code": self.world.code()}})

    # ---- the keeper

    @rule()
    def keeper_runs(self) -> None:
        self._go({})

    @rule()
    def owner_rotates_the_webhook(self) -> None:
        self._go({"rotate_webhook": True})

    @rule(number=st.integers(0, MOST_EFFECTS), when=st.sampled_from(["before", "after"]), rotate=st.booleans())
    def keeper_is_killed(self, number: int, when: str, *, rotate: bool) -> None:
        self._go({"rotate_webhook": rotate}, kill_at=(number, when))

    @rule(number=st.integers(2, MOST_EFFECTS))  # the first effect is to take the lease
    def keeper_is_started_twice(self, number: int) -> None:
        self._go({}, second_at=number)

    # ---- the owner

    @rule()
    def owner_consents(self) -> None:
        self._consent()

    @rule(number=st.integers(0, MOST_EFFECTS))
    def owner_consents_and_the_keeper_is_killed(self, number: int) -> None:
        self._consent(kill_at=(number, "after"))

    @rule()
    def owner_declines(self) -> None:
        assert (
            self._callback(Effects()).answer({"queryStringParameters": {"error": "access_denied"}})["statusCode"] == 403
        )

    @rule()
    def somebody_guesses_a_state(self) -> None:
        before = self.world.provider.login.newest_refresh_token
        query = {"code": self.world.code(), "state": one_time(self.world.dice)(32)}
        assert self._callback(Effects()).answer({"queryStringParameters": query})["statusCode"] == 403
        assert self.world.provider.login.newest_refresh_token == before

    # ---- the provider

    @rule(operation=OPERATIONS, status=STATUSES, times=st.integers(1, 4), late=st.booleans())
    def provider_answers_badly(self, operation: str, status: int, times: int, *, late: bool) -> None:
        """Instead of doing what was asked, or after it; what the login says is in its own words."""
        if operation == "token" and status < 500 and status not in {408, 429}:
            status, late = 503, False  # the login's refusals have a rule of their own
        after = late and operation != "token"
        self.world.provider.faults.add(Fault(operation, status, times=times, after_effect=after))

    @rule(operation=OPERATIONS, late=st.booleans())
    def provider_s_line_goes_dead(self, operation: str, *, late: bool) -> None:
        self.world.provider.faults.add(Fault(operation, drop=True, after_effect=late))

    @rule(body=st.sampled_from(["", "<html>It works!</html>", [], {}]), operation=OPERATIONS)
    def provider_answers_nonsense(self, body: Any, operation: str) -> None:
        """A list of subscriptions that is readable and empty would be a lie, not nonsense."""
        if not (operation in {"list", "token"} and body == []):
            self.world.provider.faults.add(Fault(operation, 200, body=body))

    @rule()
    def provider_takes_the_access_token_back(self) -> None:
        self.world.provider.login.revoke(access=True, refresh=False)

    @rule()
    def provider_ends_the_consent(self) -> None:
        self.world.provider.login.revoke(access=True, refresh=True)

    @precondition(lambda self: self.world.ours)
    @rule(pick=st.integers(0, 9))
    def provider_forgets_a_subscription(self, pick: int) -> None:
        entry = self.world.ours[pick % len(self.world.ours)]
        self.world.provider.subscriptions.remove(entry.plant_id, entry.id)

    @rule(pick=st.integers(0, 9), letter=st.sampled_from("xyz"))
    def an_old_subscription_of_ours_turns_up(self, pick: int, letter: str) -> None:
        plant_id, url = self.world.plant_ids[pick % len(self.world.plant_ids)], f"{BASE}/notifications/{letter * 43}"
        book = self.world.provider.subscriptions
        if all((entry.plant_id, entry.url) != (plant_id, url) for entry in book.all()):
            book.add(plant_id, url, "ours before", self.world.clock.now(), ours=True)

    @rule()
    def quota_is_used_up_by_others(self) -> None:
        quota = self.world.provider.quota
        quota._calls = max(quota.calls_today, quota.limit)

    @precondition(lambda self: len(self.world.plant_ids) < 4)
    @rule()
    def a_plant_appears(self) -> None:
        self.world.provider.add_plant("Nuova", ["Sala"])
        self.foreign = self._foreign()

    @precondition(lambda self: len(self.world.plant_ids) > 1)
    @rule(pick=st.integers(0, 9))
    def a_plant_disappears(self, pick: int) -> None:
        self.world.provider.remove_plant(self.world.plant_ids[pick % len(self.world.plant_ids)])
        self.foreign = self._foreign()

    @rule(by=GAPS)
    def time_goes_by(self, by: timedelta) -> None:
        self.world.later(by)

    # ---- what must hold

    @invariant()
    def no_other_s_subscription_is_gone(self) -> None:
        assert self._foreign() == self.foreign

    @invariant()
    def no_two_refreshes_were_alive(self) -> None:
        assert self.overlaps == []

    @invariant()
    def the_newest_token_is_kept(self) -> None:
        newest = self.world.provider.login.newest_refresh_token
        assert newest is None or newest in self._kept() or newest in self.world.unheard

    @invariant()
    def the_quota_is_kept_and_every_call_counted(self) -> None:
        counted = calls_of_day(self.world.table, self.world.clock.now()).made
        made = [call for call in self.world.provider.calls.since() if call.operation not in {"token", "authorize"}]
        today = [call for call in made if call.at.date() == self.world.clock.now().date()]
        assert len(today) <= counted <= self.world.settings.quota.limit(Need.REQUIRED)

    @rule()
    def left_alone_it_is_well_or_says_what_a_person_must_do(self) -> None:
        """Three runs at most: a plant is let go when it is missing twice, and a rotation is cleared up last."""
        self.world.provider.faults.clear()
        self.world.later(timedelta(days=1))
        for _ in range(4):
            report = self._go({})
            self.world.later()
        assert report is not None
        if report.outcome == "needs_person":
            assert {person.reason for person in report.person} <= {"consent_expired", "consent_missing"}
            assert not self.world.is_live(self._current()) or self.world.unheard
            self.world.provider.faults.clear()
            self._consent()
            for _ in range(4):
                report = self._go({})
                self.world.later()
        assert report is not None
        assert report.outcome == "healthy", report
        assert sorted(entry.plant_id for entry in self.world.ours) == self.world.plant_ids
        assert {entry.url for entry in self.world.ours} == {self.world.webhook_url}

    # ---- how it is done

    def _go(
        self, event: dict[str, Any], *, kill_at: tuple[int, str] | None = None, second_at: int | None = None
    ) -> Any:
        """One run, which may be killed, or meet a second one; its report, unless it was killed."""
        effects = Effects()
        effects.kill_at = kill_at
        issued = self.world.provider.login.newest_refresh_token

        def meanwhile(name: str) -> None:
            if len(effects.names) == second_at:
                self._second_run(effects, name)

        effects.meanwhile = meanwhile
        report = None
        try:
            report = self.world.keeper(effects).run(RunRequest.of(event))
        except Killed:
            self.world.later(timedelta(minutes=3))
        newest = self.world.provider.login.newest_refresh_token
        if effects.dead and newest != issued and self._died_with_it(effects):
            self.world.unheard.add(newest)
        return report

    @staticmethod
    def _died_with_it(effects: Effects) -> bool:
        """Whether the run was killed between the login's answer and its safe keeping."""
        number, when = effects.kill_at or (0, "")
        last = effects.names[number]
        return (last, when) in {(REFRESH, "after"), ("PutSecretValue", "before")}

    def _second_run(self, effects: Effects, name: str) -> None:
        """Another container starts while this run is at work; only a run without a lease gives way to it."""
        if name == "DeleteItem":
            return
        second = Effects()
        outcome = self.world.keeper(second).run(RunRequest()).outcome
        if outcome != "busy" or REFRESH in second.names:
            self.overlaps.append(name)

    def _consent(self, kill_at: tuple[int, str] | None = None) -> None:
        """The whole way: a state is begun, the browser returns, the callback hands the code on."""
        state = one_time(self.world.dice)(32)
        Consents(self.world.table).begin(state, self.world.clock.now())
        callback = self._callback(kill_at)
        query = {"code": self.world.code(), "state": state}
        page = callback.answer({"queryStringParameters": query})
        assert page["statusCode"] in {200, 400, 500, 503}
        assert callback.answer({"queryStringParameters": query})["statusCode"] == 403

    def _callback(self, kill_at: Any = None) -> Callback:
        keeper = _KeeperInProcess(self, kill_at if isinstance(kill_at, tuple) else None)
        return Callback(consents=Consents(self.world.table), keeper=keeper, now=self.world.clock.now)  # type: ignore[arg-type] # it asks the keeper without Lambda between them

    def _kept(self) -> set[str]:
        """The refresh tokens of all versions that a run would look at."""
        found = set()
        for stage in ("AWSCURRENT", "AWSPENDING"):
            try:
                found.add(self.world.tokens(stage)["refresh_token"])
            except self.world.secrets.exceptions.ResourceNotFoundException:
                continue
        return found

    def _current(self) -> str:
        return str(self.world.tokens()["refresh_token"])

    def _foreign(self) -> list[str]:
        return sorted(entry.id for entry in self.world.provider.subscriptions.all() if entry not in self.world.ours)


class _KeeperInProcess:
    """The keeper as the callback asks it, without Lambda between them; a killed one is an error of the function."""

    def __init__(self, machine: Recorder, kill_at: tuple[int, str] | None) -> None:
        self._machine = machine
        self._kill_at = kill_at

    def consent(self, code: str, *, consent_id: str) -> Any:
        report = self._machine._go({"consent": {"code": code, "id": consent_id}}, kill_at=self._kill_at)
        if report is None:
            raise KeeperError("the keeper failed")
        return report


TestRecorder = Recorder.TestCase
TestRecorder.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
