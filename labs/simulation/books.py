"""The comparison at the end: what was acknowledged, and what is stored, quarantined, or waits."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from labs.simulation.cloud import Hand
from labs.simulation.effects import BASE
from labs.simulation.functions import SKEW_SECONDS, TABLE
from sandbox.legrand.pushes import wire
from sandbox.legrand.pushes.ledger import SENT, Outcome
from smarther.domain.account.subscription_plan import address
from smarther.domain.readings import spilled
from smarther.domain.readings.names import printable
from smarther.domain.readings.spilled import Spilled
from smarther.domain.summaries.statistics import LONGEST_HOLD, hour_of, hourly
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keys import module_in
from smarther.store.listings import Listings
from smarther.store.past.history import History, LatestReader
from smarther.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labs.simulation.year import Year
    from sandbox.legrand.pushes.ledger import Entry
    from smarther.domain.keeper.keeper_report import Report

DAY = timedelta(days=1)
ANSWERED_WITHIN = timedelta(minutes=2)
CLOCKS_APART = timedelta(seconds=2 * SKEW_SECONDS)

type Item = Mapping[str, Mapping[str, Any]]


def balance(year: Year) -> None:
    """Write down in the chronicle what is not as it must be."""
    _balance_notifications(year)
    _balance_latest(year)
    _balance_statistics(year)
    _check_deployment(year)
    _check_directory(year)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where notifications are: readings by their envelope ids, bodies in quarantine, contents that can be recovered.

    `unread` has the attributes that could not be read of each reading.
    """

    stored: Counter[str]
    unread: dict[str, list[str]]
    quarantined: set[str]
    waiting: set[str]


def _balance_notifications(year: Year) -> None:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for entry in year.provider.dispatch.ledger.since():
        year.chronicle.count(f"notifications {entry.outcome}")
        if entry.outcome in SENT:
            ids[entry.content].add(entry.envelope_id or "")
    acknowledged = {entry.content for entry in _acknowledged(year)}
    pushed = [item for item in year.dynamodb.readings() if item["source"]["S"] == "push"]
    shelves = Shelves(
        stored=Counter(item["event_id"]["S"] for item in pushed),
        unread={item["event_id"]["S"]: list(item["unread"]["M"]) for item in pushed if "unread" in item},
        quarantined=_quarantined(year.dynamodb.partitions("QUARANTINE#")),
        waiting={_content(body) for body in _waiting(year)},
    )
    for content, envelope_ids in ids.items():
        _balance_one(year, content, envelope_ids, shelves, acknowledged=content in acknowledged)
    _check_shelves(year, shelves, {each for those in ids.values() for each in those})
    year.chronicle.count("distinct acknowledged", len(acknowledged))
    year.chronicle.count("distinct stored", len(shelves.stored))
    year.chronicle.count("quarantined bodies", len(shelves.quarantined))
    year.chronicle.count("left in the log", len({record["digest"] for record in year.recoverable}))


def _acknowledged(year: Year) -> list[Entry]:
    """What was acknowledged, by the provider's ledger, at addresses that the keeper subscribed."""
    return [
        entry
        for entry in year.provider.dispatch.ledger.since()
        if entry.outcome is Outcome.ACKNOWLEDGED and entry.endpoint not in year.left_behind
    ]


def _balance_one(year: Year, content: str, ids: set[str], shelves: Shelves, *, acknowledged: bool) -> None:
    """Check one content: if it was acknowledged, it is there or can be recovered; in any case it is not there twice."""
    sent, wrong = year.post.contents[content], year.chronicle.wrong
    times = sum(shelves.stored[each] for each in ids)
    if times > sent.readings:
        wrong(f"stored {times} times: {content}")
    unread = [name for each in ids for name in shelves.unread.get(each, [])]
    if times and unread != ([] if sent.unread is None else [sent.unread]):
        wrong(f"not read of it are {unread}, and that should be {sent.unread}: {content}")
    if not acknowledged or content in shelves.waiting:
        return
    if times < sent.readings:
        wrong(f"acknowledged, and its reading is nowhere: {content}")
    if sent.body_digest is not None and sent.body_digest not in shelves.quarantined:
        wrong(f"acknowledged, and its body is not in quarantine: {content}")


def _check_shelves(year: Year, shelves: Shelves, sent_ids: set[str]) -> None:
    """Check that everything there was sent, that nothing was changed, and that both queues are empty."""
    unexplained = set(shelves.stored) - sent_ids
    strange = shelves.quarantined - {sent.body_digest for sent in year.post.contents.values()}
    for number, what in (
        (len(unexplained), "readings that nobody sent"),
        (len(strange), "bodies in quarantine that nobody sent, or that were fine"),
        (len(year.dynamodb.rewritten), "readings or bodies were written over"),
        (len(year.sqs.waiting), "messages still wait"),
        (len(year.sqs.dead), "messages are dead"),
        (year.sqs.expired, "messages outlived the queue"),
    ):
        if number:
            year.chronicle.wrong(f"{number} {what}")


def _quarantined(items: Iterable[Item]) -> set[str]:
    """The digests of the bodies that are in quarantine just as they were sent."""
    whole = set()
    for item in items:
        assert item["parts"]["N"] == "1"  # no body sent here needs more
        text = item["body"]["S"]
        body = text.encode() if item["encoding"]["S"] == "text" else spilled._unpacked(text, "base64")
        digest = sha256(body).hexdigest()
        assert item["sk"]["S"] == f"BODY#{digest}#001"
        whole.add(digest)
    return whole


def _waiting(year: Year) -> Iterable[bytes]:
    """The bodies that can be recovered from the queues and from the log."""
    for message in [*year.sqs.waiting.values(), *year.sqs.dead]:
        yield Spilled.from_message(message.body).body
    for record in year.recoverable:
        assert record["parts"] == 1  # no body sent here needs more
        yield Spilled.from_fields(record).body


def _content(body: bytes) -> str:
    """The content of a body, as the ledger names it."""
    try:
        envelopes = json.loads(body)
        if len(envelopes) == 1 and "time" in envelopes[0]["data"]["chronothermostats"][0]:
            return wire.content_of(envelopes)
    except (ValueError, KeyError):
        pass  # sent broken, or an event of the bus itself
    return sha256(body).hexdigest()


def _balance_latest(year: Year) -> None:
    """Check that the latest state is the newest one, whatever the thermostats' own clocks said."""
    made: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for item in year.dynamodb.readings():
        made[item["module_id"]["S"]][item["sk"]["S"]] = _made(year, item)
    reader = LatestReader(Table(year.dynamodb, TABLE), stale_after=year.settings.stale_after)  # type: ignore[arg-type] # plays the client
    unusual = reader.unusual()
    for _, module_id in year.home.outlines:
        found = reader.readings(module_id, unusual, now=year.clock.now()).latest
        # Within one second of the thermostat's clock, nothing tells which reading came first.
        newest = max(made[module_id].values(), default=None)
        shown = None if found is None else made[module_id][found.reading.key]
        if newest is None or shown is None or newest.replace(microsecond=0) > shown:
            year.chronicle.wrong("the latest state of a thermostat is not its newest")
        elif found is not None and found.wrong_clock is not None:
            year.chronicle.wrong("a clock is told to be wrong that was mended")
    acknowledged: dict[str, datetime] = {}
    for entry in _acknowledged(year):
        if year.post.contents[entry.content].readings and entry.module_id:
            at = year.post.made[str(entry.envelope_id)]
            acknowledged[entry.module_id] = max(acknowledged.get(entry.module_id, at), at)
    for module_id, at in acknowledged.items():
        if not year.recoverable and max(made[module_id].values(), default=at - DAY) < at:
            year.chronicle.wrong("the newest state that was acknowledged is not the latest")


def _made(year: Year, item: Item) -> datetime:
    """When a reading was true. An answer to a poll is true at that moment, though its clock may be wrong."""
    if item["source"]["S"] == "push":
        return year.post.made[item["event_id"]["S"]]
    told, received_at = (datetime.fromisoformat(item[name]["S"]) for name in ("time", "received_at"))
    return told if abs(received_at - told) < ANSWERED_WITHIN else received_at


def check_silence(year: Year, report: Report, began: datetime, heard: Mapping[str, datetime]) -> None:
    """Check that a run reports a thermostat as silent if nothing of it has arrived for so long, and only then.

    `heard` says when the last reading of each had arrived as the run began, by one container's clock; the run goes by
    another's. A thermostat that no topology has listed lately, as after a move, is not known (`_check_directory` checks
    that this ends).
    """
    silent = {module.module_id: datetime.fromisoformat(module.since) for module in report.silent}
    known = {item["module_id"]["S"] for item in year.dynamodb.partitions("DIRECTORY") if "module_id" in item}
    for _, module_id in year.home.outlines:
        before, now = heard.get(f"MODULE#{module_id}"), year.dynamodb.heard.get(f"MODULE#{module_id}")
        if module_id in silent:
            if before is not None and silent[module_id] < before:
                year.chronicle.wrong("a thermostat is told to be silent that was heard")
        elif module_id not in known or report.outcome != "healthy" or now is None:
            continue
        elif began - now >= year.settings.stale_after + CLOCKS_APART:
            year.chronicle.wrong("a thermostat is silent, and that is not told")


def _balance_statistics(year: Year) -> None:
    """Check that every past hour is made of all its readings, however late they came."""
    table = Table(year.dynamodb, TABLE)  # type: ignore[arg-type] # plays the client
    now = year.clock.now()
    start, end = hour_of(now - 30 * DAY), hour_of(now)  # nothing older changes
    for partition in sorted({item["pk"]["S"] for item in year.dynamodb.readings()}):
        module_id = str(module_in(partition))
        snapshots = History(table).snapshots(module_id, start=start - LONGEST_HOLD, end=end)
        made = hourly(snapshots, start=start, end=end, until=now)
        stored = HoursAndDays(table).hours(module_id, start=start, end=end)
        if wrong := [hour for hour in made if stored.get(hour) != made[hour]]:
            year.chronicle.wrong(f"{len(wrong)} hours are not made of their readings, the first {wrong[0]}")


def _check_deployment(year: Year) -> None:
    wrong = year.chronicle.wrong
    held = year.secrets.written["webhook"][-1]
    ours = year.our_subscriptions()
    at_current = sorted(entry.plant_id for entry in ours if entry.url == address(BASE, held["current"]))
    if at_current != sorted(year.home.plants) or any(entry.ghost for entry in ours):
        wrong("not every plant is subscribed once at the current address, and alive")
    allowed = {address(BASE, held[name]) for name in ("current", "pending", "previous") if name in held}
    if any(entry.url not in allowed for entry in ours):
        wrong("subscriptions of ours are left over")
    if year.provider.subscriptions.foreign_deleted:
        wrong(f"{year.provider.subscriptions.foreign_deleted} subscriptions of others were deleted")
    if year.needs.open is not None:
        wrong(f"at the end a person is still needed: {sorted(year.needs.open.causes)}")
    report = year.last_report
    if report is None or report.reasons_now or report.outcome == "degraded":
        wrong(f"at the end the keeper is not well: {report}")
    year.chronicle.count("most API calls in a day", year.most_calls_in_a_day)
    year.chronicle.count("bans", year.provider.dispatch.bans)


def _check_directory(year: Year) -> None:
    """Check that each thermostat is listed once, in its plant, under its name as far as that can be shown."""
    client: Any = Hand(year.dynamodb, lambda _, work: work())
    directory = Listings(Table(client, TABLE)).directory()
    plants = year.home.plants.values()
    named = {plant.id: printable(plant.name) or None for plant in plants}
    if {plant.plant_id: plant.name for plant in directory.plants.values()} != named:
        year.chronicle.wrong("the directory's plants are not those of the account")
    listed = {(plant.id, module.id): printable(module.name) or None for plant in plants for module in plant.modules}
    if {key: module.name for key, module in directory.listed.items()} != listed:
        year.chronicle.wrong("the directory's thermostats are not those of the account")
