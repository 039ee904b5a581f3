"""The receiver, the keeper and the redriver in one process: containers that live, wait, and end at any effect."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from socket import EAI_NONAME, gaierror
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter

from labs.simulation import faults
from labs.simulation.cloud import Hand
from labs.simulation.effects import API, BASE, LOGIN, NEW_LOGIN, Killed, one_time
from labs.simulation.weather import Gate
from sandbox.legrand.provider.gateway import Request as Call
from smarther.aws.alarm_topic import AlarmTopic
from smarther.aws.secrets_manager import Secrets, SecretsError
from smarther.aws.spill_queue import SpillQueue
from smarther.domain.keeper.incidents import Cause
from smarther.keeper.dependencies import Dependencies
from smarther.keeper.run import Keeper, RunRequest
from smarther.legrand.client import open_session
from smarther.receiver import deadlines
from smarther.receiver.authenticate import Authenticator
from smarther.receiver.receive import Receiver
from smarther.receiver.record import Recorder
from smarther.receiver.redrive import Redriver
from smarther.store.digests import Digests
from smarther.store.table import StoreError, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from labs.simulation.cloud import Message
    from labs.simulation.year import Year
    from sandbox.legrand.account.answer import Answer
    from smarther.domain.keeper.keeper_report import Report

TABLE = "readings"
OUR_HOST, LOGIN_HOSTS = urlsplit(BASE).hostname, {urlsplit(each).hostname for each in (LOGIN, NEW_LOGIN)}
KEEPER_TIMEOUT = timedelta(seconds=120)
LOGIN_REFUSES = (400, 401)
API_REFUSES = (469, 470)
KEY_REFUSES = (401, 403)
SAYS_WHY = re.compile(rb"quota|subscription key")
"""A refusal that gives a reason: the service itself is well."""
FUNCTION_ERRORS = (SecretsError, StoreError)
"""The only errors with which a run of the keeper may end, when AWS fails."""


SKEW_SECONDS = 15.0
"""How far a container's wall clock may be off, either way."""
STEP_SECONDS = 10.0
STEP_CHANCE = 1 / 50
"""How far it steps at most, and how often it steps between two events."""


class ContainerClock:
    """The two clocks of one container, as Lambda has them.

    The wall clock goes on, is a few seconds off, and sometimes steps. The monotonic clock runs only during an
    invocation: between two of them the container is frozen (docs/decisions/0099-ages-by-wall-time.md).
    """

    def __init__(self, world: Callable[[], datetime], dice: Random) -> None:
        self._world = world
        self._dice = dice
        self._off = dice.uniform(-SKEW_SECONDS, SKEW_SECONDS) / 3
        self._lived = dice.uniform(0, 1e6)
        self.spent = 0.0

    def begin(self) -> None:
        """The container thaws for another event."""
        self._lived += self.spent
        self.spent = 0.0
        if self._dice.random() < STEP_CHANCE:
            step = self._dice.uniform(-STEP_SECONDS, STEP_SECONDS)
            self._off = min(max(self._off + step, -SKEW_SECONDS), SKEW_SECONDS)

    def now(self) -> datetime:
        """Wall time."""
        return self._world() + timedelta(seconds=self._off + self.spent)

    def monotonic(self) -> float:
        """Seconds that this container has lived while it was not frozen."""
        return self._lived + self.spent

    def spend(self, seconds: float) -> None:
        """Wait, without moving the world's clock."""
        self.spent += seconds

    def within[Result](self, seconds: float, work: Callable[[], Result]) -> Result:
        """As `deadlines.within`, which does not stop work that misses its deadline either."""
        if seconds <= 0:
            raise TimeoutError
        begun = self.spent
        try:
            result = work()
        except Exception as error:
            if self._is_over(begun, seconds):
                raise TimeoutError from error
            raise
        if self._is_over(begun, seconds):
            raise TimeoutError
        return result

    def _is_over(self, begun: float, seconds: float) -> bool:
        over = self.spent - begun > seconds
        if over:
            self.spent = begun + seconds
        return over


@dataclass(frozen=True, slots=True)
class Answered:
    """What a caller of the receiver got. There is no status if the process ended before it answered."""

    status: int | None
    body: bytes
    seconds: float


class ReceiverContainer:
    """One container of the receiver, which remembers the accepted digests."""

    def __init__(self, year: Year) -> None:
        clock = self._clock = ContainerClock(year.clock.now, year.clock_dice)
        self._gate = Gate(year.weather, clock.spend, deadlines.READ_TIMEOUT_SECONDS)
        table = Table(Hand(year.dynamodb, self._gate.to("table")), TABLE)  # type: ignore[arg-type] # plays the client
        spill = SpillQueue(Hand(year.sqs, self._gate.to("queue")), "spill")  # type: ignore[arg-type] # plays the client
        self._receiver = Receiver(
            recorder=Recorder.of(table),
            spill=spill,
            authenticator=Authenticator(Digests(table), clock.now),
            now=clock.now,
            deadlines=lambda: deadlines.Deadlines(clock.monotonic, clock.within),
        )
        self._receiver.warm_up()

    def invoke(self, event: Mapping[str, Any], kill_at: tuple[int, str] | None = None) -> Answered:
        """Answer one event. Raises Killed when the process ends; the container is then gone."""
        self._gate.begin(kill_at)
        self._clock.begin()
        answer = self._receiver.answer(event)
        if "statusCode" not in answer:
            return Answered(200, b"", self._clock.spent)
        return Answered(answer["statusCode"], answer["body"].encode(), self._clock.spent)


def event_of(secret: str, body: bytes, dice: Random) -> dict[str, Any]:
    """An event of the HTTP API. Bodies that are no text come in base64, and so do some others."""
    event: dict[str, Any] = {"pathParameters": {"secret": secret}, "isBase64Encoded": False}
    try:
        event["body"] = body.decode()
    except UnicodeDecodeError:
        event["body"] = None
    if event["body"] is None or dice.random() < 0.2:
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event


class RedriverContainer:
    """The redriver with its event source, the spill queue."""

    def __init__(self, year: Year) -> None:
        self._clock = ContainerClock(year.clock.now, year.clock_dice)
        self._gate = Gate(year.weather, self._clock.spend, 3.0)
        table = Table(Hand(year.dynamodb, self._gate.to("table")), TABLE)  # type: ignore[arg-type] # plays the client
        self._redriver = Redriver(Recorder.of(table), Digests(table), self._clock.monotonic, self._clock.now)

    def invoke(self, messages: list[Message], kill_at: tuple[int, str] | None) -> set[int]:
        """Handle these messages. Returns the numbers of those that the queue may delete."""
        self._gate.begin(kill_at)
        self._clock.begin()
        answer = self._redriver.redrive(
            {"Records": [{"messageId": str(message.number), "body": message.body} for message in messages]}
        )
        failed = {int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]}
        return {message.number for message in messages} - failed


class KeeperContainer:
    """One container of the keeper."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._clock = ContainerClock(year.clock.now, year.clock_dice)
        self._gate = Gate(year.weather, self._spend, 10.0)
        self._timeout = year.clock.now()
        self._issued: list[str] = []
        self.settings = year.settings
        session = open_session()
        session.mount("https://", Line(year, self._gate, self._issued))
        dynamodb: Any = Hand(year.dynamodb, self._gate.to("table"))
        secrets: Any = Hand(year.secrets, self._gate.to("secrets"))
        self._keeper = Keeper(
            Dependencies(
                settings=year.settings,
                secrets=Secrets(secrets, sleep=self._spend),
                table=Table(dynamodb, TABLE),
                topic=AlarmTopic(lambda: year.mailbox, year.settings.alarm_topic_arn),
                session=session,
                clock=self._clock.now,
                sleep=self._spend,
                one_time=one_time(year.keeper_dice),
            )
        )

    def invoke(self, event: Mapping[str, Any], kill_at: tuple[int, str] | None) -> Report:
        """One run. Raises Killed when the process ends."""
        self._gate.begin(kill_at)
        self._clock.begin()
        self._timeout = self._year.clock.now() + KEEPER_TIMEOUT
        self._issued.clear()
        killed = True
        try:
            report = self._keeper.run(RunRequest.of(event))
            killed = False
        except FUNCTION_ERRORS:
            killed = False
            raise
        finally:
            self._account_for_tokens(killed=killed)
        return report

    def _spend(self, seconds: float) -> None:
        """Let time pass for everybody. Lambda ends what takes too long."""
        self._year.let_pass(timedelta(seconds=seconds))
        if self._year.clock.now() >= self._timeout:
            self._gate.dead = True
            raise Killed

    def _account_for_tokens(self, *, killed: bool) -> None:
        """Check that tokens of the login are kept, unless the process ended or Secrets Manager failed before that."""
        kept = {tokens["refresh_token"] for tokens in self._year.secrets.written["tokens"][-8:]}
        for token in self._issued:
            if token not in kept:
                if killed or "put_secret_value" in self._gate.failed:
                    self._year.chronicle.note("tokens lost to a crash or a brown-out between answer and saving")
                else:
                    self._year.chronicle.wrong("the keeper lost a refresh token")


class Line(BaseAdapter):
    """Carries what the keeper sends over HTTP: to the login, to the API, or to its own webhook."""

    def __init__(self, year: Year, gate: Gate, issued: list[str]) -> None:
        super().__init__()
        self._year = year
        self._gate = gate
        self._issued = issued

    def send(self, request: requests.PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> requests.Response:
        """Answer one request through the gate. Raises a time-out if the answer takes too long."""
        url = urlsplit(request.url or "")
        _, read = timeout

        def work() -> tuple[int, Mapping[str, str], bytes]:
            status, headers, content, seconds = self._answer(request, read)
            if seconds >= read:
                self._gate.spend(read)
                raise requests.ReadTimeout("took too long")
            self._gate.spend(seconds)
            if status is None:
                raise requests.ConnectionError("dropped")
            if url.hostname in LOGIN_HOSTS and status == requests.codes.ok and content.startswith(b"{"):
                self._issued.append(json.loads(content)["refresh_token"])
            return status, headers, content

        response = requests.Response()
        response.status_code, headers, response._content = self._gate.perform(f"{request.method} {url.hostname}", work)
        response.headers.update(headers)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Do nothing: no connection is open."""

    def _answer(
        self, request: requests.PreparedRequest, read: float
    ) -> tuple[int | None, Mapping[str, str], bytes, float]:
        url = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        if url.hostname in self._year.unresolved:
            self._year.verdicts.call_answered(Cause.LOGIN if url.hostname in LOGIN_HOSTS else Cause.API, good=False)
            raise requests.ConnectionError(request=request) from gaierror(EAI_NONAME, "Name or service not known")
        if url.hostname == OUR_HOST:
            answered = self._year.push(request.url or "", body)
            return answered.status, {}, answered.body, answered.seconds
        headers = {name.lower(): value for name, value in request.headers.items()}
        if url.hostname in LOGIN_HOSTS:
            answer = self._year.desk.token(body, headers.get("content-type", ""))
        else:
            answer = self._api_answer(request.method or "", url.path, url.query, headers, body)
        seconds = self._year.dice.uniform(0.05, 0.4) + answer.delay_ms / 1000
        said = {**answer.headers, **self._year.announced}
        self._judge(request.method or "", url, answer, came=not answer.dropped and seconds < read)
        return None if answer.dropped else answer.status, said, answer.content, seconds

    def _api_answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._check_saved(headers.get("authorization", "").removeprefix("Bearer "))
        call = Call(method, path.removeprefix(urlsplit(API).path), headers, dict(parse_qsl(query)), body)
        gateway, closure = self._year.gateway, self._year.closure
        answer = gateway.answer(call) if closure is None else closure.fault.answer(lambda: gateway.answer(call))
        self._year.note_api_call(answer)
        return answer

    def _judge(self, method: str, url: SplitResult, answer: Answer, *, came: bool) -> None:
        """Note whether the answer of the login, or of the list of subscriptions, is good, and what it shows."""
        status, content = answer.status, answer.content
        if url.hostname in LOGIN_HOSTS:
            given = status == requests.codes.ok and content.startswith(b"{") and b'"access_token"' in content
            refused = status in LOGIN_REFUSES and content.startswith(b"{") and b'"error"' in content
            self._year.verdicts.call_answered(Cause.LOGIN, good=came and (given or refused))
        elif method == "GET" and url.path.endswith("/subscription"):
            given = status == requests.codes.ok and content.startswith(b"[")
            has_reason = status in KEY_REFUSES and SAYS_WHY.search(content) is not None
            good = given or has_reason or status in API_REFUSES or status == requests.codes.no_content
            if status != requests.codes.unauthorized or has_reason:  # otherwise the keeper asks again at once
                self._year.verdicts.call_answered(Cause.API, good=came and good)
            if came:
                faults.list_is_answered(self._year, answer)

    def _check_saved(self, access_token: str) -> None:
        saved = self._year.secrets.written["tokens"]
        if not any(tokens["access_token"] == access_token for tokens in reversed(saved[-8:])):
            self._year.chronicle.wrong("an access token was used before it was saved")
