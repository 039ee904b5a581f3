"""One run of the keeper, from the lease to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smarther.domain.account.credentials import Credentials, CredentialsError
from smarther.domain.account.legrand_answers import (
    API_REASONS,
    LEGRAND_REASONS,
    LOGIN_REASONS,
    Reason,
    not_overtaken,
)
from smarther.domain.account.subscription_plan import WantedSubscriptions
from smarther.domain.keeper.frozen_model import FrozenModel
from smarther.domain.keeper.keeper_probe import ProbeOrder
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.keeper.provider_watch import ProviderState
from smarther.domain.readings.reading import instant_text
from smarther.keeper.access import Access
from smarther.keeper.diagnose import diagnose
from smarther.keeper.journal import Journal, Run
from smarther.keeper.lease import Lease, LeaseLost
from smarther.keeper.plants import Plants
from smarther.keeper.thermostats.program_names import ProgramNames
from smarther.keeper.thermostats.push_loss_check import PushLossCheck
from smarther.keeper.thermostats.silent_thermostats import SilenceCheck
from smarther.keeper.webhook.probe_webhook import probe
from smarther.keeper.webhook.repair_subscriptions import Subscriptions
from smarther.keeper.webhook.rotate_webhook import Webhook
from smarther.store.keeper_items import CallCount, Consents, calls_of_day

if TYPE_CHECKING:
    from smarther.domain.account.subscription_plan import Subscription
    from smarther.domain.keeper.keeper_probe import Probe
    from smarther.keeper.dependencies import Dependencies
    from smarther.store.listings import Module


class Consent(FrozenModel):
    """What the owner's browser brought back. `id` is set if somebody waits for the outcome."""

    code: str
    id: str | None = None


class RunRequest(FrozenModel):
    """What a run is asked to do. A `probe` is no run: `Keeper.probe` answers it."""

    scheduled: bool = False
    """Whether the schedule asks. Such a run may rest to save calls."""
    consent: Consent | None = None
    rotate_webhook: bool = False
    probe: ProbeOrder | None = None

    @classmethod
    def of(cls, event: Any) -> RunRequest:
        """The request in a function's event. Raises pydantic's `ValidationError`, which quotes none of it."""
        return cls.model_validate(event if isinstance(event, dict) else {})


class Keeper:
    """The keeper's runs, one at a time."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    def run(self, request: RunRequest) -> Report:
        """Do all the work of one run, and report.

        Legrand's failures are in the report. Raises SecretsError and StoreError if AWS fails; the run is then repeated.
        A fault of our own stops only its part of the work. It is in the report too, and is raised in an ExceptionGroup
        once the report is written.
        """
        report = self._run_alone(request)
        if request.consent is not None and request.consent.id is not None:
            Consents(self._dependencies.table).settle(request.consent.id, report)
        return report

    def _run_alone(self, request: RunRequest) -> Report:
        lease = Lease(self._dependencies)
        if not lease.take(patient=request.consent is not None):
            return self._busy()
        try:
            return self._run(request, lease)
        except LeaseLost:
            return self._busy()
        finally:
            lease.release()

    def probe(self, order: ProbeOrder) -> Probe:
        """Call the webhook, and report. It takes no lease, since it changes nothing.

        Raises SecretsError if the webhook's secret cannot be read.
        """
        return probe(self._dependencies, order)

    def _busy(self) -> Report:
        return Report(at=instant_text(self._dependencies.clock()), outcome="busy")

    # ---- the work, in its order

    def _run(self, request: RunRequest, lease: Lease) -> Report:
        run = Run(self._dependencies, lease)
        if request.scheduled and (rested := self._rest_report(run)) is not None:
            return rested
        journal = run.journal
        _forget_former_provider(run)
        webhook = Webhook(run, rotate=request.rotate_webhook)
        plants = Plants(run)
        credentials = self._credentials(journal)
        if credentials is None:
            self._note_missing_credentials(journal, request)
        else:
            access = Access(run, credentials)
            with journal.isolated("run"):
                if request.consent is not None:
                    access.exchange(request.consent.code)
                if access.obtain():
                    _Maintenance(run, access, webhook, plants).maintain(at_once=journal.consent == "accepted")
            run.remember(tokens_left=access.left)
            _remember_reasons(run)
        _note_provider_state(run)
        if credentials is not None:
            with journal.isolated("incidents"):
                diagnose(run, webhook, plants.directory.names)
        for plant_id in plants.known():
            journal.subscription_states.setdefault(plant_id, "unknown")
        journal.names = {plant_id: plant.name for plant_id, plant in plants.directory.plants.items()}
        now, quota = self._dependencies.clock(), self._dependencies.settings.quota
        calls = calls_of_day(self._dependencies.table, now)
        report = journal.report(now, calls=calls, quota=quota, credentials=credentials)
        rests_until = quota.rests_until(calls, now, well=report.outcome == "healthy")
        run.remember(rests_until=None if journal.faults else rests_until)
        run.conclude(report)
        if journal.faults:
            raise ExceptionGroup("faults of the recorder itself", journal.faults)
        return report

    def _rest_report(self, run: Run) -> Report | None:
        """The repeated report if this run rests; None if it is to work."""
        now, until = self._dependencies.clock(), run.memory.rests_until
        if until is None or now >= until:
            return None
        return run.rest(now, calls_of_day(self._dependencies.table, now))

    def _credentials(self, journal: Journal) -> Credentials | None:
        """The credentials, or None; notes if they are missing or their client secret ends soon."""
        version = self._dependencies.secrets.read(self._dependencies.settings.credentials_arn)
        if version is None:
            journal.note_reason(Reason.CREDENTIALS_MISSING)
            return None
        try:
            credentials = Credentials.from_secret(
                version.text, version=version.version_id, written_at=version.created_at
            )
        except CredentialsError as error:
            journal.note_trouble(str(error))
            journal.note_reason(Reason.CREDENTIALS_MISSING)
            return None
        if credentials.birthday_near(self._dependencies.clock()):
            journal.note_reason(Reason.CLIENT_SECRET_BIRTHDAY)
        return credentials

    def _note_missing_credentials(self, journal: Journal, request: RunRequest) -> None:
        """Note the missing consent too, so that the report shows every step that is left to the owner."""
        if self._dependencies.secrets.read(self._dependencies.settings.tokens_arn) is None:
            journal.note_reason(Reason.CONSENT_MISSING)
        if request.consent is not None:
            journal.consent = "not_configured"


def _remember_reasons(run: Run) -> None:
    """Remember the reasons of this run, and those before it that it could not check.

    If a reason left the report whenever something else failed, it would be reported again each time. If it stayed after
    Legrand's answers disproved it, the owner would repair what works.
    """
    journal = run.journal
    if not journal.subscriptions_listed:
        renewed = journal.tokens is not None and journal.tokens.refreshed
        let_in = "list" in run.signs.gave_data
        for reason in not_overtaken(run.memory.reasons, journal.reasons):
            if not ((renewed and reason in LOGIN_REASONS) or (let_in and reason in API_REASONS)):
                journal.note_reason(reason)
    run.remember(reasons=tuple(each for each in journal.reasons if each in LEGRAND_REASONS))


def _forget_former_provider(run: Run) -> None:
    """Forget what the API and the login said, if either has another address than in the last run.

    Refusals and pauses of the old address would stop the plants from being subscribed at the new one. An end that both
    announce is no news.
    """
    settings, memory = run.dependencies.settings, run.memory
    hosts = (settings.api_url, settings.login_url)
    if memory.hosts not in {None, hosts}:
        run.remember(
            refused=None,
            login_not_before=None,
            login_ill_since=None,
            api_ill_since=None,
            reasons=(),
            provider=memory.provider.at_new_address(),
        )
        CallCount(run.dependencies.table, settings.quota).resume(run.dependencies.clock())
        run.journal.actions.append("provider_moved")
    run.remember(hosts=hosts)


def _note_provider_state(run: Run) -> None:
    """Remember what this run's answers say of the provider, and report lasting differences and their end."""
    now, before = run.dependencies.clock(), run.memory.provider
    after = before.after(run.signs, now)
    state = after.state(now)
    if state != ProviderState():
        run.journal.provider = state
    elif before.state(now) != ProviderState():
        run.journal.actions.append("provider_as_before")
    for reason in after.reasons(now):
        run.journal.note_reason(reason)
    run.remember(provider=after)


class _Maintenance:
    """What a run does once it has access: list and repair subscriptions, rotate, ask for names, check thermostats."""

    def __init__(self, run: Run, access: Access, webhook: Webhook, plants: Plants) -> None:
        self._run = run
        self._journal = run.journal
        self._access = access
        self._webhook = webhook
        self._plants = plants

    def maintain(self, *, at_once: bool) -> None:
        """Do as much as Legrand allows; a later run does the rest. Raises LegrandError."""
        listed = self._access.subscriptions()
        self._journal.subscriptions_listed = True
        api = self._access.api
        to_record = self._plants.wanted(api, listed)
        if not to_record.names and (to_record.told or Reason.NO_PLANT in self._run.memory.reasons):
            self._journal.note_reason(Reason.NO_PLANT)
        self._run.remember(absent_plants=to_record.absent)
        self._webhook.drop_previous(listed)
        self._webhook.introduce_pending()
        wanted = WantedSubscriptions(
            base_url=self._run.dependencies.settings.webhook_base_url,
            endpoint=self._webhook.endpoint,
            plants=frozenset(to_record.names),
            tolerated=self._webhook.tolerated,
        )
        subscriptions = Subscriptions(api, self._journal, wanted)
        if subscriptions.repair(listed):
            self._webhook.promote()
        with self._journal.isolated("names"):
            self._plants.refresh(api, to_record, at_once=at_once)
        self._check_thermostats(subscriptions, listed, wanted.plants)
        ProgramNames(self._run, self._plants).ask(api, self._thermostats(wanted.plants), at_once=at_once)

    def _check_thermostats(
        self, subscriptions: Subscriptions, listed: list[Subscription], plants: frozenset[str]
    ) -> None:
        silence = SilenceCheck(self._run)
        silence.forget_not_remade({entry.subscription_id for entry in listed})
        api, thermostats = self._access.api, self._thermostats(plants)
        to_remake = silence.check(api, thermostats)
        with self._journal.isolated("missing_pushes"):
            PushLossCheck(self._run).check(api, thermostats, silence.found)
        for plant_id in to_remake:
            if self._journal.subscription_states.get(plant_id) == "healthy":
                with self._journal.isolated("subscribe"):
                    replaced = subscriptions.to_replace(listed, plant_id)
                    silence.note_remade(plant_id, replaced)
                    subscriptions.remake(plant_id, replaced)

    def _thermostats(self, plants: frozenset[str]) -> list[Module]:
        modules = self._plants.directory.modules.values()
        return [module for module in modules if module.plant_id in plants and module.is_thermostat]
