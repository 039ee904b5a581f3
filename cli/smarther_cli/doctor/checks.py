"""The checks: each judges one fact. They ask AWS nothing, so that tests can give them any fact."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import Cause
from smarther.domain.keeper.keeper_report import is_overdue
from smarther_cli.doctor.finding import bad, good, look, not_told, soon_wanting, wanting
from smarther_cli.show.actions import troubles
from smarther_cli.standing import needed_first
from smarther_cli.verdict import Backlog, ProblemName, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from smarther.domain.keeper.keeper_probe import Handshake
    from smarther.domain.keeper.keeper_report import Report
    from smarther_cli.doctor import facts
    from smarther_cli.doctor.finding import Finding

ANSWER_LIMIT_MS: Final = 750
"""An answer must take less: Legrand's support, as quoted in andrea-mattioli/mattiols_hassio_repository, issue 16."""
NEAR_MS: Final = 500
"""The most that the receiver itself may take (smarther.receiver.deadlines); the rest is for the network."""
FEW_AT_ONCE: Final = 10
"""The concurrency of a new AWS account."""
ENOUGH_AT_ONCE: Final = 50
ENOUGH_A_SECOND: Final = 100
"""A home sends a few notifications an hour; the API's limit is to stop floods and never a thermostat."""

BY_HAND: Final = (
    "It was changed by hand, and a deploy does not see that. How to put it back:"
    " docs/running/runbook.md#changed-by-hand."
)
_NOT_OURS: Final = (
    "Look where the output WebhookBaseUrl leads; with a domain of your own (PublicBaseUrl), whether that is good."
)
_RUNBOOK: Final = "docs/running/runbook.md#{} says more."
_NOT_RUNNING: Final = "Its log says whether it fails; `schedules` and `failed runs` say whether it is called at all."
_KEEPER_NOW: Final = "`smarther keeper run` has it run now; then ask again."


# ---- the stack


def stack(status: str) -> Finding:
    """Whether the last deploy succeeded."""
    match status:
        case "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE":
            return good(f"deployed completely ({status})")
        case _ if status.endswith("_IN_PROGRESS"):
            return look(f"a deploy is under way ({status})", "Wait until it has ended, then ask again.")
        case "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE":
            return look(
                f"the last deploy was taken back ({status}); the one before it runs",
                "The stack's events in the CloudFormation console name the cause. Then `make deploy`.",
            )
        case _:
            return bad(
                f"the last deploy failed ({status})",
                "The stack's events in the CloudFormation console name the cause. Then `make deploy`.",
            )


def functions(found: Sequence[facts.Function]) -> Finding:
    """Whether every function of the stack is there and can run."""
    faults = [f"{each.name} is {_ill(each)}" for each in found if _ill(each)]
    if faults:
        return bad("; ".join(faults), BY_HAND)
    return good(f"all {len(found)} are there and can run")


def _ill(function: facts.Function) -> str:
    if function.state is None:
        return "gone"
    if function.state == "Failed" or function.update == "Failed":
        return "broken"
    return ""


def live_version(alias: facts.Alias) -> Finding:
    """Whether the API's calls reach the newest version of the receiver."""
    if alias.newest is None:
        return bad("the receiver has no version to call", BY_HAND)
    if alias.sharing is not None:
        return look(
            f"`live` moves from version {alias.version} to {alias.sharing}: a deploy is under way",
            "Ask again when it has ended, within a quarter of an hour.",
        )
    if alias.version != alias.newest:
        return bad(
            f"`live` leads to version {alias.version}, and the newest is {alias.newest}: somebody, or a deploy that"
            " failed, went back",
            "If it was a deploy, the log of the function pre-traffic, or an alarm that rings, says why: repair that,"
            " then `make deploy`. If it was you, the next deploy that changes the receiver takes over from there.",
        )
    return good(f"`live` leads to the newest version, {alias.newest}")


def processor(found: facts.Processors) -> Finding:
    """Whether functions and their layers are for the processor that was chosen."""
    faults = [
        f"the function {each.name} runs on {each.processor}"
        for each in found.functions
        if each.processor is not None and each.processor != found.chosen
    ]
    for layer in found.layers:
        others = sorted((layer.built | layer.declared) - {found.chosen})
        if others:
            faults.append(f"{layer.name} is built for {' and '.join(others)}")
    if faults:
        return bad(
            f"{found.chosen} was chosen, but {'; '.join(faults)}: keeper and callback cannot load that",
            "Build and deploy again for one processor: `make clean`, then `make deploy`.",
        )
    return good(f"functions and layers are for {found.chosen}")


# ---- answers through the real address, as the keeper sees them


def genuine_calls(answers: facts.AddressAnswers) -> Finding:
    """Whether calls with the right secret are answered as Legrand's must be."""
    if answers.probe is None:
        return bad(answers.failure, answers.remedy)
    if not answers.probe.has_secret:
        return not_told("the address has no secret before the keeper's first run", _KEEPER_NOW)
    made = [*answers.probe.one_by_one, *answers.probe.at_once]
    wrong = [each for each in made if not each.proven]
    if wrong:
        return bad(
            f"{len(wrong)} of {len(made)} were not answered as they should be ({_statuses(wrong)})", _help(wrong)
        )
    if not answers.probe.complete:
        return look(
            f"{len(made)} were answered as they should be; then the time was over",
            _RUNBOOK.format("answers-slow"),
        )
    return good(f"all {len(made)} were answered as they should be")


def answer_time(answers: facts.AddressAnswers) -> Finding:
    """Whether the slowest answer of a warm container was in time, among the calls one after the other."""
    made = () if answers.probe is None else answers.probe.one_by_one
    times = _times(each for each in made if not each.new_container)
    if not times:
        return not_told("no answer was timed")
    slowest, half = max(times), round(median(times))
    says = f"the slowest of {len(times)} took {slowest} ms, half of them {half} ms or less"
    says = f"{says}; Legrand waits {ANSWER_LIMIT_MS}"
    if slowest >= ANSWER_LIMIT_MS:
        return bad(says, "`make deploy` with more ReceiverMemory. " + _RUNBOOK.format("answers-slow"))
    if slowest > NEAR_MS:
        return look(
            says, "The way from Legrand comes on top of it. Ask again; if it stays so, `make deploy` with more memory."
        )
    return good(says)


def cold_start(answers: facts.AddressAnswers) -> Finding:
    """Whether a container that had never been called answered in time."""
    probe = answers.probe
    made = [] if probe is None else [*probe.one_by_one, *probe.at_once]
    times = _times(each for each in made if each.new_container)
    if not times:
        return not_told("no container was new: warm ones took every call", "Ask again in an hour or so.")
    slowest = max(times)
    says = f"a new container answered in {slowest} ms; Legrand waits {ANSWER_LIMIT_MS}"
    if slowest >= ANSWER_LIMIT_MS and answers.on_this_machine:
        return not_told(f"a new container took {slowest} ms to start on this machine; Lambda's are others")
    if slowest >= ANSWER_LIMIT_MS:
        return bad(says, "`make deploy` with KeepWarm on and more ReceiverMemory. " + _RUNBOOK.format("answers-slow"))
    return good(says)


def strangers(answers: facts.AddressAnswers) -> Finding:
    """Whether a call with a wrong secret is answered like one to an unknown address."""
    stranger = None if answers.probe is None else answers.probe.stranger
    if stranger is None or stranger.status is None:
        return not_told("no answer came")
    if stranger.status != 404:  # noqa: PLR2004 - HTTP's own number
        return bad(f"who does not know the secret got {stranger.status} instead of 404", _NOT_OURS)
    return good("who does not know the secret gets 404")


def _times(made: Iterable[Handshake]) -> list[int]:
    return [each.ms for each in made if each.proven and each.ms is not None]


def _statuses(wrong: Sequence[Handshake]) -> str:
    counted = Counter("no answer" if each.status is None else str(each.status) for each in wrong)
    return ", ".join(f"{status} {count} times" if count > 1 else status for status, count in counted.most_common())


def _help(wrong: Sequence[Handshake]) -> str:
    statuses = {each.status for each in wrong}
    if statuses == {None}:
        return _NOT_OURS
    if statuses == {404}:
        return "`smarther keeper run` publishes again by what the receiver knows its callers. Then ask again."
    return _RUNBOOK.format("answers-failing")


# ---- what runs by itself


def schedules(found: Sequence[facts.Schedule]) -> Finding:
    """Whether every schedule is there, and on or off as the parameters say."""
    faults = [f"{each.name} is {_schedule_fault(each)}" for each in found if _schedule_fault(each)]
    if faults:
        return bad("; ".join(faults), BY_HAND)
    off = [each.name for each in found if not each.wanted]
    return good(f"{len(found)} are there" + (f"; {', '.join(off)} is off, as chosen" if off else " and on"))


def _schedule_fault(schedule: facts.Schedule) -> str:
    if schedule.state is None:
        return "gone"
    if schedule.wanted != (schedule.state == "ENABLED"):
        return "off" if schedule.wanted else "on, and was chosen to be off"
    return ""


def redriver(state: str) -> Finding:
    """Whether the redriver takes notifications from the spill queue."""
    match state:
        case "Enabled":
            return good("takes from the spill queue what waits there")
        case "Creating" | "Enabling" | "Updating":
            return look(f"is being turned on ({state})", "Ask again in a minute.")
        case _:
            return bad(f"takes nothing from the spill queue ({state})", BY_HAND)


def last_run(run: facts.LastRun) -> Finding:
    """Whether the keeper, or the rollup, runs as often as it should."""
    every = _duration(run.every)
    if run.ago is None:
        if not is_overdue(run.stack_age, every=run.every):
            return good(f"not yet; it runs every {every} by itself")
        return bad(f"never, though it should run every {every}", _NOT_RUNNING)
    if is_overdue(run.ago, every=run.every):
        return bad(f"{_duration(run.ago)} ago, though it should run every {every}", _NOT_RUNNING)
    ago = "just now" if run.ago < timedelta(minutes=1) else f"{_duration(run.ago)} ago"
    return good(f"{ago}; it runs every {every}")


def _duration(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    if minutes < 120:  # noqa: PLR2004 - up to here minutes are easier to read
        return f"{minutes} min"
    hours = span // timedelta(hours=1)
    return f"{hours} h" if hours < 48 else f"{span.days} days"  # noqa: PLR2004 - and up to here hours


def credentials(standing: facts.LastReport) -> Finding:
    """Whether credentials and consent are given and good, as the keeper last found them."""
    if standing.report is None:
        first = needed_first(configured=standing.configured)
        return wanting(first.reason.replace("_", " "), first.do)
    person = standing.report.person
    if person:
        told = ", ".join(each.reason.replace("_", " ") for each in person)
        remedies = " ".join(each.do for each in person)
        if all(each.reason == Reason.CLIENT_SECRET_BIRTHDAY for each in person):
            return soon_wanting(told, remedies)
        return wanting(told, remedies)
    return _judged(standing.report, {ProblemName.TROUBLE, ProblemName.BUSY, Cause.API, Cause.LOGIN}) or good(
        "given, and Legrand took them"
    )


def subscriptions(standing: facts.LastReport) -> Finding:
    """Whether every plant is subscribed at Legrand."""
    report = standing.report
    if report is None:
        return not_told("no plant is known yet")
    faults = _judged(report, {ProblemName.NO_PLANT, ProblemName.NOT_SUBSCRIBED, ProblemName.SUBSCRIPTION_UNKNOWN})
    if faults is not None:
        return bad(faults.says, f"{faults.do} {_RUNBOOK.format('subscription-missing')}")
    if not report.plants:
        return not_told("no plant is known yet")
    return good(f"all plants are subscribed ({len(report.plants)})")


def thermostats(standing: facts.LastReport) -> Finding:
    """Whether every thermostat has been heard lately, as the keeper last found them."""
    report = standing.report
    if report is None or report.thermostats_silent is None or not report.plants:
        return not_told("the keeper has not checked them yet")
    return _judged(report, {ProblemName.SILENT, *(cause for cause in Cause if cause.seen_in_thermostats)}) or good(
        "none is silent"
    )


def _judged(report: Report, reasons: Collection[str]) -> Finding | None:
    """The verdict's finding for these reasons; None if it has none of them."""
    found = [problem for problem in judge(report).problems if problem.reason in reasons]
    if not found:
        return None
    told = [f"{problem.says} {problem.evidence}".rstrip() for problem in found]
    says = "; ".join([*told, *(troubles(report) if ProblemName.TROUBLE in reasons else ())])
    return bad(says, " ".join(dict.fromkeys(problem.do for problem in found)))


# ---- what is kept


def table(found: facts.TableSettings) -> Finding:
    """Whether the table is active and protected against deletion."""
    if found.status not in {"ACTIVE", "UPDATING"}:
        return bad(f"is {found.status}", "Look at it in the DynamoDB console; with a key of your own, at the key.")
    if not found.protected:
        return bad("anybody's slip of the hand can delete it: deletion protection is off", BY_HAND)
    return good("open, and protected against deletion")


def expiry(found: facts.Expiry) -> Finding:
    """Whether the table deletes expired items."""
    if found.status not in {"ENABLED", "ENABLING"}:
        return bad(f"what has had its time is never deleted: time to live is {found.status.lower()}", BY_HAND)
    if found.attribute != "expires_at":
        return bad(f"time to live goes by {found.attribute}, not by expires_at", BY_HAND)
    return good("what has had its time is deleted (time to live is on)")


def recovery(status: str) -> Finding:
    """Whether the table can be restored to an earlier state."""
    if status != "ENABLED":
        return bad("the table cannot be had back as it was: point-in-time recovery is off", BY_HAND)
    return good("the table can be had back as it was at any second of the last 35 days")


def spilled(count: int) -> Finding:
    """Whether anything waits in the spill queue; it is stored by itself."""
    if count:
        return look(
            f"{_messages(count, 'notification')} for the table",
            "The redriver stores them by itself, within minutes. " + _RUNBOOK.format("notification-spilled"),
        )
    return good("no notification waits for the table")


def given_up(count: int) -> Finding:
    """Whether a notification could not be stored for hours."""
    if count:
        return bad(
            f"{_messages(count, 'notification')} that could not be stored for hours",
            "Repair the cause, then `smarther redrive`. " + _RUNBOOK.format("spill-given-up"),
        )
    return good("no notification was given up")


def quarantine(count: int) -> Finding:
    """Whether there are bodies in quarantine."""
    found = judge(None, waiting=Backlog(quarantine=count)).problems
    return bad(found[0].says, found[0].do) if found else good("every body could be read")


def failed_runs(count: int) -> Finding:
    """Whether a scheduled run of the last day failed at every try, or could not be started."""
    if count:
        return bad(
            f"{count} scheduled run{'s' if count > 1 else ''} failed for good in the last day",
            "A later run does the work. Look why: " + _RUNBOOK.format("run-failed"),
        )
    return good("no scheduled run failed for good in the last day")


def _messages(count: int, what: str) -> str:
    return f"{count} {what}{'s wait' if count > 1 else ' waits'}"


def logs(found: facts.Logs) -> Finding:
    """Whether every log group exists and deletes its logs after the chosen number of days."""
    gone = [each.name for each in found.groups if not each.exists]
    forever = [each.name for each in found.groups if each.exists and each.days is None]
    other = [f"{each.name} after {each.days}" for each in found.groups if each.days not in {None, found.chosen_days}]
    if gone or forever:
        faults = [f"{name} is gone" for name in gone] + [f"{name} keeps everything for ever" for name in forever]
        return bad("; ".join(faults), BY_HAND)
    if other:
        return look(f"not after {found.chosen_days} days, as was chosen, but: {', '.join(other)}", BY_HAND)
    return good(f"all {len(found.groups)} log groups forget after {found.chosen_days} days")


# ---- who is told


def alarms(found: Sequence[facts.Alarm]) -> Finding:
    """Whether every alarm exists and publishes to the topic."""
    if not found:
        return look("turned off (parameter Alarms): nobody is told of anything", "`make deploy` with Alarms on.")
    gone = [each.name for each in found if each.state is None]
    dumb = [each.name for each in found if each.state is not None and not each.tells]
    if gone or dumb:
        faults = [f"{name} is gone" for name in gone] + [f"{name} tells nobody" for name in dumb]
        return bad("; ".join(faults), BY_HAND)
    return good(f"all {len(found)} are there and tell the topic")


def ringing(found: Sequence[facts.Alarm]) -> Finding:
    """Whether an alarm rings."""
    if not found:
        return not_told("there are no alarms")
    rings = [each.name for each in found if each.state == "ALARM"]
    if rings:
        return bad(", ".join(rings), "docs/running/runbook.md has a chapter for each.")
    return good("none rings")


def subscriber(topic: facts.Topic | None) -> Finding:
    """Whether anybody is subscribed to the alarms."""
    if topic is None:
        return not_told("there are no alarms")
    ways = ", ".join(sorted(set(topic.confirmed)))
    if topic.pending and not topic.confirmed:
        return wanting(
            "nobody hears the alarms yet: the address is not confirmed",
            "Follow the link in the mail from AWS Notifications (it may be among the spam). It is good for three days;"
            " after that subscribe again: docs/running/runbook.md#no-mail-comes.",
        )
    if topic.pending:
        return look(
            f"confirmed: {ways}; {topic.pending} not confirmed yet",
            "Who is not confirmed hears nothing until the link in AWS's mail is followed.",
        )
    if topic.confirmed:
        return good(f"the alarms are heard ({ways})")
    if topic.mail_chosen:
        return bad(
            "nobody hears the alarms, though AlarmEmail names an address",
            "AWS forgets an address that is not confirmed in time. Subscribe it again:"
            " docs/running/runbook.md#no-mail-comes.",
        )
    return look(
        "nobody hears the alarms; they show on the dashboard alone",
        "`make deploy` with AlarmEmail has them mailed to you.",
    )


def dashboard(found: facts.Dashboard) -> Finding:
    """Whether the dashboard shows this stack's home."""
    if not found.calls:
        return bad("it does not show the home", BY_HAND)
    if not any(call.split(":")[3:4] == [found.region] and call.endswith(f":{found.widget}") for call in found.calls):
        return bad("it is another stack's: the home that it shows is not this one", BY_HAND)
    return good("it shows this home")


def drill(found: facts.Drill) -> Finding:
    """Whether an alarm that was set off published to the topic, and whether anybody is subscribed."""
    if found.alarm is None:
        return not_told("no alarm could be set off: there is none, or all that may be tried ring already")
    if found.told is None:
        return not_told(
            f"{found.alarm} was set off and on again; CloudWatch has not said whether its topic was told",
            "Look whether two mails come.",
        )
    if not found.told:
        return bad(
            f"{found.alarm} was set off, and could not tell its topic",
            "With a key of your own, look whether it is enabled. " + _RUNBOOK.format("no-mail-comes"),
        )
    if not found.heard:
        return look(
            f"{found.alarm} was set off and on again and told its topic, but nobody hears that",
            "See `subscriber` above.",
        )
    return good(f"{found.alarm} was set off and on again: look for two mails in the next minutes")


# ---- the account, and the last day


def concurrency(unreserved: int) -> Finding:
    """Whether the account lets enough functions run at once."""
    says = f"{unreserved} executions at once are for all functions of this region"
    do = "Ask AWS for more, which is free: Service Quotas, AWS Lambda, Concurrent executions."
    if unreserved < FEW_AT_ONCE:
        return bad(f"only {says}: notifications are turned away, and lost", do)
    if unreserved < ENOUGH_AT_ONCE:
        return look(f"{says}; a home gets by with that while nothing else runs here", do)
    return good(says)


def reserved(found: Sequence[facts.Function]) -> Finding:
    """Whether the receiver may use all of the account's concurrency."""
    held = next((each.reserved for each in found if each.name == "receiver"), None)
    if held is None:
        return good("the receiver may use all of them")
    return bad(
        f"the receiver may use only {held} of them at once: a notification that is one too many is lost",
        "Take its reserved concurrency away: aws lambda delete-function-concurrency --function-name NAME.",
    )


def throttle(found: facts.Throttle | None) -> Finding:
    """Whether the API lets notifications through."""
    if found is None:
        return not_told("this cloud does not tell what the API lets through")
    says = f"{found.rate:,.0f} notifications a second, {found.burst:,} at once"
    if min(found.rate, found.burst) < ENOUGH_A_SECOND:
        return bad(f"the API lets only {says} through", BY_HAND)
    return good(f"the API lets {says} through")


def turned_away(day: facts.Day) -> Finding:
    """Whether the receiver was refused an execution in the last day."""
    if day.invocations is None:
        return not_told("no metric of the receiver yet")
    if day.throttled:
        return bad(
            f"{day.throttled:,.0f} calls to the receiver were turned away: each may be a lost notification",
            "Too many functions ran at once in this account and region. " + _RUNBOOK.format("answers-failing"),
        )
    return good("no call to the receiver was turned away")


def failed_answers(day: facts.Day) -> Finding:
    """Whether the API answered with a server error in the last day."""
    if day.requests is None:
        return not_told("no metric of the API yet")
    if day.failed:
        return bad(f"{day.failed:,.0f} answers were server errors", _RUNBOOK.format("answers-failing"))
    return good(f"none of {day.requests:,.0f} answers was a server error")


def spilled_in_a_day(day: facts.Day) -> Finding:
    """Whether the table did not take a notification in time in the last day."""
    if day.keeper_runs is None:
        return not_told("no metric of our own yet")
    if day.spilled:
        return look(
            f"{day.spilled:,.0f} notifications went by way of the spill queue",
            "Nothing is lost by that; if it goes on, " + _RUNBOOK.format("notification-spilled"),
        )
    return good("every notification went straight into the table")
