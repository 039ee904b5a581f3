"""A year's faults on both sides, drawn from one seed: what fails, when, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from labs.simulation.effects import API, LOGIN, NEW_API, NEW_LOGIN
from labs.simulation.weather import WAYS, BrownOut
from sandbox.legrand.account.answer import Refusal, document
from sandbox.legrand.account.faults import KNOWN, Fault
from sandbox.legrand.account.login import CLIENT_SECRET_LIFE
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import FEWEST
from smarther.domain.keeper.incidents import Cause
from smarther.domain.keeper.provider_watch import CHANGED_AFTER, GONE_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from labs.simulation.verdicts import Trial
    from labs.simulation.weather import Service
    from labs.simulation.year import Year
    from sandbox.legrand.account.answer import Answer
    from sandbox.legrand.account.faults import JsonPath
    from sandbox.legrand.account.subscriptions import Subscription

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

API_OPERATIONS: Final = ("plants", "topology", "status", "programlist", "subscribe", "delete", "list")
OTHER_FORM: Final = "answers of another form"
APP: Final = "app"
NOT_JSON: Final = "<html>The service is unavailable.</html>"
OTHER_STACK: Final = "https://other.example/notifications/"


MODULES: Final = ("plant", "modules")
ODD_PLACES: Final[tuple[tuple[str, JsonPath], ...]] = (
    *(("topology", place) for place in (("plant",), ("plant", "id"), ("plant", "name"), MODULES, (*MODULES, 0))),
    *(("topology", (*MODULES, 0, name)) for name in ("id", "name", "device")),
    *(("plants", place) for place in ((), ("plants",), ("plants", 0), ("plants", 0, "id"), ("plants", 0, "name"))),
    *(("list", place) for place in ((), (0,), (0, "plantId"), (0, "subscriptionId"), (0, "EndPointUrl"))),
    *(("status", ("chronothermostats", 0, name)) for name in ("time", "sender", "thermometer", "mode")),
    *(("programlist", ("chronothermostats", 0, *place)) for place in ((), ("programs",), ("programs", 0), ("sender",))),
    *(("programlist", ("chronothermostats", 0, "programs", 0, name)) for name in ("number", "name")),
    *(("token", (name,)) for name in ("access_token", "expires_in", "expires_on", "scope")),
    ("status", ()),
    ("subscribe", ()),
)
ODD_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    10**30,
    "",
    " ",
    "odd",
    "\ud83d",
    "a\x00b",
    [],
    {},
    [None],
    {"id": {}},
)
ODD_WAITS: Final = (
    *("9223372036854775807", "-5", "1.5", "nan", "soon", "", "0", "9" * 400),
    *("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
)
NAMES: Final = ("Studio", "Cucina \ud83d", "\u202eollaw", "a\u2028b\x00", "", " ", "x" * 400, "Küche 😀", "=1+1")
KIND_SHARE: Final = 2 / 3
"""How likely a sort of fault exists in a year."""
FORBIDDEN: Final = {"error": {"code": 2, "message": "Invalid access token"}}


@dataclass(slots=True)
class OtherForm:
    """The list of subscriptions has an unknown form. `met`: when a run first met it."""

    fault: Fault
    met: datetime | None = None


@dataclass(slots=True)
class Closure:
    """The API is closed to us: it is gone, or our subscription key is suspended. `fault` answers every call.

    Its `trial` begins with the first run that meets it. A person is needed once it has lasted `needs_after`.
    """

    reason: Reason
    fault: Fault
    needs_after: timedelta = timedelta()
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of fault: its name, how often it comes in a year, and what it does."""

    name: str
    a_year: float
    strike: Callable[[Year, Random], None]


def kinds(dice: Random) -> tuple[Sort, ...]:
    """The sorts of faults that a year has at all, so that rare ones meet where frequent ones do not hide it."""
    return tuple(sort for sort in SORTS if dice.random() < KIND_SHARE)


def draw(
    sorts: Sequence[Sort], start: datetime, days: float, intensity: float, dice: Random
) -> list[tuple[datetime, Sort]]:
    """The faults of a stretch of time. `intensity` 1 is a bad year; at 12, a month has as many faults as that."""
    drawn = []
    for sort in sorts:
        at = start + 2 * DAY
        while True:
            at += 365 * DAY * dice.expovariate(sort.a_year * intensity)
            if at >= start + days * DAY:
                break
            drawn.append((at, sort))
    return drawn


# ---- the provider


def _delivery_stops(year: Year, dice: Random) -> None:
    """Nothing is delivered, and then everything comes at once (bticino_x8000_component issue 66)."""
    lasts = _between(dice, HOUR, 4 * DAY)
    year.post.held_until = year.clock.now() + lasts
    year.verdicts.plays(Cause.PUSHES_STOPPED, lasts)


def _pushes_are_thinned(year: Year, dice: Random) -> None:
    """Half of the changes are pushed, and the others never are."""
    lasts = _between(dice, 5 * DAY, 10 * DAY)
    year.post.thinned_until = year.clock.now() + lasts
    year.verdicts.plays(Cause.PUSHES_THINNED, lasts)


def _pushes_are_late(year: Year, dice: Random) -> None:
    """For days every push is hours late. A day later all of them come once more."""
    lasts = _between(dice, 2 * DAY, 6 * DAY)
    year.post.late_until = year.clock.now() + lasts
    year.verdicts.plays(Cause.PUSHES_LATE, lasts)
    year.later(lasts + DAY, year.replay)


def _api_stops(year: Year, dice: Random) -> None:
    fault = Fault("*", dice.choice((500, 503, 503, 429)), times=None)
    lasts = _between(dice, 5 * MINUTE, 8 * HOUR)
    _for_a_while(year, [fault], lasts)
    year.verdicts.plays(Cause.API, lasts)


def _login_stops(year: Year, dice: Random) -> None:
    fault = Fault("token", dice.choice((500, 503, 429)), times=None)
    lasts = _between(dice, 10 * MINUTE, 8 * HOUR)
    _for_a_while(year, [fault], lasts)
    year.verdicts.plays(Cause.LOGIN, lasts)


def _hiccup(year: Year, dice: Random) -> None:
    operation = dice.choice((*API_OPERATIONS, "list", "list"))
    fault = dice.choice(
        (
            Fault(operation, 408),
            Fault(operation, 429),
            Fault(operation, 486),
            Fault(operation, 500, times=dice.randint(1, 4)),
            Fault(operation, 200, NOT_JSON, after_effect=True),
            Fault(operation, 404),
            Fault(operation, 409),
            Fault(operation, drop=True),
            Fault(operation, drop=True, after_effect=True),
            Fault(operation, delay_ms=dice.choice((3_000, 30_000))),
            Fault("token", 500),
            Fault("token", drop=True),
            Fault("token", delay_ms=8_000),
        )
    )
    year.provider.faults.add(fault)


def _login_answer_is_lost(year: Year, _: Random) -> None:
    """The old refresh token is revoked, and the new one never arrives."""
    year.provider.faults.add(Fault("token", drop=True, after_effect=True))


def _access_is_revoked(year: Year, _: Random) -> None:
    year.provider.login.revoke(access=True, refresh=False)


def _consent_is_revoked(year: Year, _: Random) -> None:
    year.provider.login.revoke(access=True, refresh=True)


def _ghost(year: Year, dice: Random) -> None:
    """A subscription stays listed and gives no more pushes."""
    year.haunt(_one_of_ours(year, dice))


def _subscription_vanishes(year: Year, dice: Random) -> None:
    if entry := _one_of_ours(year, dice):
        year.provider.subscriptions.remove(entry.plant_id, entry.id)


def _strange_subscription(year: Year, dice: Random) -> None:
    """One that an earlier deployment of ours left, or one of another deployment of this stack, which is not ours."""
    plant_id = dice.choice(sorted(year.provider.homes.plants))
    secret = "".join(dice.choices("abcdef", k=43))
    if dice.random() < 0.5:
        year.leave_behind(plant_id, secret)
    else:
        year.provider.add_foreign_subscription(plant_id, OTHER_STACK + secret, "the same stack elsewhere")


def _quota_day(year: Year, _: Random) -> None:
    """The owner's other applications use the day's calls up."""
    quota = year.provider.quota
    year.quota_days.add(year.clock.now().date())
    try:
        for _call in range(quota.limit):
            quota.take()
    except Refusal:
        pass  # the quota is used up


def _app_asks(year: Year, dice: Random) -> None:
    """Every call is refused until the owner does something in Legrand's own app."""
    status = dice.choice((469, 470))
    year.app_asks([Fault(operation, status, times=None) for operation in API_OPERATIONS], str(status))


def _client_secret_ends(year: Year, _: Random) -> None:
    """The client secret ends earlier than its year, which nobody here could know."""
    year.change_application(secret_created_at=year.clock.now() - CLIENT_SECRET_LIFE)
    year.needs.begin("client secret")


def _gateway_sleeps(year: Year, dice: Random) -> None:
    """One thermostat, or all of a plant, push nothing for days."""
    outlines = year.home.outlines
    plant_id, module_id = dice.choice(sorted(outlines))
    until = year.clock.now() + _between(dice, 12 * HOUR, 4 * DAY)
    whole = dice.random() < 0.5
    for (plant, module), outline in outlines.items():
        if plant == plant_id and (whole or module == module_id):
            outline.asleep_until = until


# ---- the provider changes


def _quota_is_lowered(year: Year, dice: Random) -> None:
    """Legrand grants fewer calls without notice. Some days later the owner deploys with the new number."""
    quota = year.provider.quota
    lowered = max(FEWEST, round(quota.limit * dice.choice((0.2, 0.5, 0.8))))
    if lowered < quota.limit:
        quota.limit = lowered
        year.later(_between(dice, DAY, 9 * DAY), lambda: year.deploy(daily_calls=quota.limit))


def _hosts_move(year: Year, dice: Random) -> None:
    """Login and API move, and the old hosts no longer resolve. Within a day the owner deploys the new ones."""
    if not year.unresolved:
        year.unresolved |= {urlsplit(each).hostname for each in (LOGIN, API)}
        year.later(_between(dice, MINUTE, DAY), lambda: _deploy_new_hosts(year))


def _deploy_new_hosts(year: Year) -> None:
    """What was seen at the old address is not believed of the new one, so an unknown form is told again there."""
    year.deploy(login_url=NEW_LOGIN, api_url=NEW_API)
    year.needs.end(OTHER_FORM)
    if year.other_form is not None:
        year.other_form.met = None
    if year.closure is not None:
        year.needs.end(APP)  # the closed API cannot ask again
        if year.closure.needs_after:
            _end_of(year.closure, year)


def _end_is_announced(year: Year, dice: Random) -> None:
    """Every answer has the headers of an announcement, once in a year. It needs a person while it is news."""
    if not year.was_announced:
        year.was_announced = True
        year.announced |= KNOWN[dice.choice(("announced", "announced_as_drafts_had_it"))].headers
        year.needs.begin("announcement")
        year.later(dice.choice((5, 20)) * DAY, year.announced.clear)


def _other_form(year: Year, dice: Random) -> None:
    """For days the list of subscriptions has an unknown form. It needs a person once it has lasted a day."""
    if year.other_form is None:
        year.other_form = OtherForm(replace(KNOWN["other_form"], operation="list"))
        year.provider.faults.add(year.other_form.fault)
        year.later(_between(dice, 2 * DAY, 4 * DAY), lambda: end_other_form(year))


def end_other_form(year: Year) -> None:
    """The list has its known form again."""
    if year.other_form is not None:
        withdraw(year, [year.other_form.fault])
        year.other_form = None
        if year.closure is None:
            year.needs.end(OTHER_FORM)


# ---- the provider is closed to us


def _api_goes(year: Year, dice: Random) -> None:
    """For days the API answers that it is gone, or "not found" to everything. Pushes go on."""
    gone, lasts = dice.random() < 0.5, _between(dice, 2 * DAY, 7 * DAY)
    if year.closure is None:
        closure = (
            Closure(Reason.PROVIDER_GONE, KNOWN["gone"])
            if gone
            else Closure(Reason.PROVIDER_GONE, KNOWN["base_not_found"], GONE_AFTER)
        )
        year.closure = closure
        year.later(lasts, lambda: reopen(year, closure))


def _key_is_suspended(year: Year, dice: Random) -> None:
    """Our subscription key is suspended until the owner looks at the developer portal. Pushes go on."""
    fault = replace(KNOWN["key_suspended"], status=dice.choice((401, 403)))
    if year.closure is None:
        year.closure = Closure(Reason.SUBSCRIPTION_KEY_REFUSED, fault)


def list_is_answered(year: Year, answer: Answer) -> None:
    """A run of the keeper begins with this call, and so it meets a closed API or an unknown form."""
    now, closure, form = year.clock.now(), year.closure, year.other_form
    if closure is not None:
        if closure.trial is None:
            closure.trial = year.verdicts.is_closed(closure.reason, closure.needs_after)
        if now - closure.trial.began >= closure.needs_after:
            closure.trial.runs += 1
            year.needs.begin(closure.reason.value)
    elif form is not None and answer.content == document(form.fault.body):
        form.met = form.met or now
        if now - form.met >= CHANGED_AFTER:
            year.needs.begin(OTHER_FORM)


def reopen(year: Year, closure: Closure | None) -> None:
    """The API answers again, if `closure` closed it. What it needs of the owner can be seen from now on."""
    if closure is None or year.closure is not closure:
        return
    year.closure = None
    if year.asked_by_app:
        year.needs.begin(APP)
    else:
        year.needs.end(APP)
    if year.other_form is None:
        year.needs.end(OTHER_FORM)
    _end_of(closure, year)


def _end_of(closure: Closure, year: Year) -> None:
    if closure.trial is not None:
        year.verdicts.ends(closure.trial)
        closure.trial = None
    year.needs.end(closure.reason.value)


# ---- what the provider says is odd


def _topology_lacks_its_modules(year: Year, dice: Random) -> None:
    """The topology of one plant lists no thermostat, once."""
    plant_id = dice.choice(sorted(year.home.plants))
    fault = dice.choice(
        (
            Fault("topology", place=MODULES, value=[], about=plant_id),
            Fault("topology", place=MODULES, value=None, about=plant_id),
            Fault("topology", place=MODULES, missing=True, about=plant_id),
            Fault("topology", 204, "", about=plant_id),
        )
    )
    year.provider.faults.add(fault)


def _odd_place(year: Year, dice: Random) -> None:
    """One answer is odd in one place."""
    operation, place = dice.choice(ODD_PLACES)
    year.provider.faults.add(Fault(operation, place=place, value=dice.choice(ODD_VALUES)))


def _odd_header(year: Year, dice: Random) -> None:
    operation, status = dice.choice(API_OPERATIONS), dice.choice((429, 500, 503))
    year.provider.faults.add(Fault(operation, status, headers={"Retry-After": dice.choice(ODD_WAITS)}))


def _forbidden(year: Year, dice: Random) -> None:
    """A 403 that is not the quota's."""
    fault = Fault(dice.choice((*API_OPERATIONS, "list")), 403, FORBIDDEN, times=dice.randint(1, 3))
    year.provider.faults.add(fault)


def _thermostat_moves(year: Year, dice: Random) -> None:
    """A thermostat moves to another home, unless it is the last in its own."""
    plants = year.home.plants
    homes = [plant for _, plant in sorted(plants.items()) if len(plant.modules) > 1]
    before = dice.choice(homes)
    after = dice.choice(sorted(plants.keys() - {before.id}))
    year.home.move(dice.choice(before.modules).id, after)


def _new_name(year: Year, dice: Random) -> None:
    """A plant or a thermostat gets a new name, which may be an odd one."""
    plant = dice.choice([plant for _, plant in sorted(year.home.plants.items())])
    year.home.rename(dice.choice([plant.id, *(module.id for module in plant.modules)]), dice.choice(NAMES))


def _clock_goes_wrong(year: Year, dice: Random) -> None:
    """A thermostat's own clock is ahead, behind, reset, or far off, and is set right some days later."""
    module_id, now = dice.choice(sorted(module for _, module in year.home.outlines)), year.clock.now()
    ahead = dice.choice(
        (
            2 * HOUR,
            3 * DAY,
            datetime(2041, 5, 21, 8, tzinfo=UTC) - now,
            datetime.max.replace(tzinfo=UTC) - now,
            -2 * DAY,
            -8 * DAY,
            -400 * DAY,
            datetime(2000, 1, 1, tzinfo=UTC) - now,
            datetime.min.replace(tzinfo=UTC) - now,
        )
    )
    year.home.set_clock(module_id, ahead)
    year.later(_between(dice, 10 * MINUTE, 10 * DAY), lambda: year.home.set_clock(module_id, timedelta()))


def mend_homes(year: Year) -> None:
    """Set all clocks right, and wake all thermostats."""
    for (_, module_id), outline in year.home.outlines.items():
        year.home.set_clock(module_id, timedelta())
        outline.asleep_until = None


# ---- AWS


def _table(year: Year, dice: Random) -> None:
    _brown_out(year, dice, ["table"], _between(dice, MINUTE, HOUR))


def _table_for_long(year: Year, dice: Random) -> None:
    _brown_out(year, dice, ["table"], _between(dice, 4 * HOUR, 9 * HOUR))


def _queue(year: Year, dice: Random) -> None:
    _brown_out(year, dice, ["queue"], _between(dice, MINUTE, 3 * HOUR))


def _table_and_queue(year: Year, dice: Random) -> None:
    _brown_out(year, dice, ["table", "queue"], _between(dice, MINUTE, 2 * HOUR))


def _secrets(year: Year, dice: Random) -> None:
    _brown_out(year, dice, ["secrets"], _between(dice, MINUTE, 2 * HOUR))


def _front_door(year: Year, dice: Random) -> None:
    year.weather.front_door_until = year.clock.now() + _between(dice, MINUTE, 3 * HOUR)


def _brown_out(year: Year, dice: Random, services: list[Service], lasts: timedelta) -> None:
    until = year.clock.now() + lasts
    for service in services:
        share = dice.choice((0.1, 0.5, 1.0, 1.0))
        year.weather.brown_outs.append(BrownOut(service, dice.choice(WAYS), share, until))


# ---- how


def _for_a_while(year: Year, faults: list[Fault], lasts: timedelta) -> None:
    for fault in faults:
        year.provider.faults.add(fault)
    year.later(lasts, lambda: withdraw(year, faults))


def withdraw(year: Year, faults: list[Fault]) -> None:
    """Remove these faults from those that are ordered."""
    book = year.provider.faults
    others = [fault for fault in book.pending() if not any(fault is each for each in faults)]
    book.clear()
    for fault in others:
        book.add(fault)


def _one_of_ours(year: Year, dice: Random) -> Subscription | None:
    ours = sorted(year.our_subscriptions(), key=lambda entry: entry.id)
    return dice.choice(ours) if ours else None


def _between(dice: Random, shortest: timedelta, longest: timedelta) -> timedelta:
    """A random time between these, more often short than long."""
    return shortest + (longest - shortest) * dice.random() ** 2


SORTS: Final = (
    Sort("delivery stops", 8, _delivery_stops),
    Sort("pushes are thinned", 3, _pushes_are_thinned),
    Sort("pushes are late", 3, _pushes_are_late),
    Sort("API stops", 12, _api_stops),
    Sort("login stops", 10, _login_stops),
    Sort("hiccup", 200, _hiccup),
    Sort("login's answer is lost", 2, _login_answer_is_lost),
    Sort("access token is revoked", 8, _access_is_revoked),
    Sort("consent is revoked", 2, _consent_is_revoked),
    Sort("ghost", 8, _ghost),
    Sort("subscription vanishes", 10, _subscription_vanishes),
    Sort("strange subscription", 6, _strange_subscription),
    Sort("quota day", 5, _quota_day),
    Sort("app asks for its owner", 2, _app_asks),
    Sort("client secret ends", 1, _client_secret_ends),
    Sort("gateway sleeps", 8, _gateway_sleeps),
    Sort("quota is lowered", 1, _quota_is_lowered),
    Sort("hosts move", 1, _hosts_move),
    Sort("end is announced", 1, _end_is_announced),
    Sort("answers of another form", 2, _other_form),
    Sort("topology lacks its modules", 12, _topology_lacks_its_modules),
    Sort("an odd place", 60, _odd_place),
    Sort("an odd header", 20, _odd_header),
    Sort("forbidden, and not for the quota", 8, _forbidden),
    Sort("thermostat moves", 4, _thermostat_moves),
    Sort("new name", 20, _new_name),
    Sort("clock goes wrong", 12, _clock_goes_wrong),
    Sort("table browns out", 20, _table),
    Sort("table browns out for hours", 3, _table_for_long),
    Sort("queue browns out", 8, _queue),
    Sort("table and queue brown out", 8, _table_and_queue),
    Sort("secrets brown out", 12, _secrets),
    Sort("front door fails", 8, _front_door),
    Sort("API is gone", 1, _api_goes),
    Sort("subscription key is suspended", 1, _key_is_suspended),
)
