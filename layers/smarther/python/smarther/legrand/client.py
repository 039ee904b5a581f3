"""Calls Legrand's cloud over HTTP: the login at one host, the API at another. API calls are counted first.

Addresses and fields are those of the existing clients (openHAB's `bticinosmarther` binding, artumino/smarther-rs) and
of Legrand's OpenAPI export `smartherV2.yaml`. A failure is always a `LegrandError` with a classed answer. It holds no
header, address, body or vendor's exception, since all of these may hold secrets.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from socket import gaierror
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import requests

from smarther.domain.account.directory import same_id, usable_id
from smarther.domain.account.legrand_answers import NO_HOST, UNREACHABLE, Kind, ProviderAnswer, Service, classify
from smarther.domain.account.quota import Need, stopped_until
from smarther.domain.account.subscription_plan import Subscription
from smarther.domain.keeper.provider_watch import ProviderSigns
from smarther.domain.readings.names import printable
from smarther.domain.readings.programs import program_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sized
    from datetime import datetime

    from smarther.domain.account.credentials import Credentials
    from smarther.store.keeper_items import CallCount

_CONNECT_SECONDS: Final = 5
API_SECONDS: Final = 10
"""The read timeout of a call to the API."""
_LOGIN_SECONDS: Final = 20
"""Long, since an answer that comes too late may hold the only copy of a rotated refresh token."""

_RETRY_SECONDS: Final = 2.0
_LONGEST_WAIT_SECONDS: Final = 5.0
_RATE_LIMITED: Final = 429
_RATE_LIMIT_SECONDS: Final = 60.0


class LegrandError(Exception):
    """A call failed; `answer` says why."""

    def __init__(self, call: str, answer: ProviderAnswer) -> None:
        words = "forbidden, and not for the quota" if answer.kind is Kind.FORBIDDEN else answer.kind
        super().__init__(f"{call}: {words}" + (f" ({answer.status})" if answer.status else ""))
        self.call = call
        self.answer = answer


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A successful answer: its status and its body, which need not be JSON."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedPlant:
    """A plant of the account; its printable name, None if Legrand gave none."""

    plant_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class ListedModule:
    """A module of a plant's topology; what is missing, or is not text, is None."""

    module_id: str
    name: str | None
    device: str | None


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """The plants of the account. It is not `whole` if entries could not be read."""

    plants: tuple[ListedPlant, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Topology:
    """A plant's topology: its id, printable name and modules; what is missing is None or empty.

    It is not `whole` if entries could not be read.
    """

    plant_id: str | None = None
    name: str | None = None
    modules: tuple[ListedModule, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Transport:
    """What both services share: the HTTP session, the clock, and the deadline of the run.

    `signs` collects what the answers say about the provider itself.
    """

    session: requests.Session
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    deadline: datetime
    signs: ProviderSigns = field(default_factory=ProviderSigns)

    @property
    def is_time_up(self) -> bool:
        """Whether the deadline is over, so that nothing more is sent."""
        return self.clock() >= self.deadline

    def send(
        self, call: str, service: Service, request: requests.Request, seconds: float
    ) -> tuple[ProviderAnswer, RawAnswer]:
        """Make one attempt. Raises LegrandError after the deadline; every other failure is an answer."""
        if self.is_time_up:
            raise LegrandError(call, UNREACHABLE)
        response = self._response(request, seconds)
        if isinstance(response, ProviderAnswer):
            self.signs.note_answer(service, call, response)
            return response, RawAnswer(0, b"")
        answer = classify(service, response.status_code, response.headers, response.content, now=self.clock())
        self.signs.note_answer(service, call, answer, response.content)
        return answer, RawAnswer(response.status_code, response.content)

    def unreadable(self, call: str, raw: RawAnswer) -> LegrandError:
        """Note an answer with a good status that cannot be read; returns the error to raise."""
        self.signs.note_body(call, raw.status, raw.body, readable=False)
        return LegrandError(call, ProviderAnswer(Kind.STRANGE, raw.status))

    def _response(self, request: requests.Request, seconds: float) -> requests.Response | ProviderAnswer:
        try:
            return self.session.send(
                self.session.prepare_request(request), timeout=(_CONNECT_SECONDS, seconds), allow_redirects=False
            )
        except requests.RequestException as error:  # not raised on: it holds the request with its headers and form
            return NO_HOST if _is_name_error(error) else UNREACHABLE


def _is_name_error(error: BaseException) -> bool:
    """Whether the cause is a host's name that did not resolve."""
    cause = error.__cause__ or error.__context__
    return isinstance(error, gaierror) or (cause is not None and _is_name_error(cause))


def open_session() -> requests.Session:
    """A session that ignores the environment: a .netrc file could replace the bearer token."""
    session = requests.Session()
    session.trust_env = False
    return session


class Login:
    """The login, which gives tokens for codes and refresh tokens. Its calls are outside the daily quota."""

    def __init__(self, transport: Transport, base_url: str, credentials: Credentials) -> None:
        self._transport = transport
        self._url = f"{base_url.rstrip('/')}/token"
        self._credentials = credentials

    def exchange(self, code: str) -> Mapping[str, Any]:
        """The fields of the answer to a consent's code. The code is good once, so there is one attempt."""
        return self._token("exchange", attempts=1, grant_type="authorization_code", code=code)

    def refresh(self, refresh_token: str) -> Mapping[str, Any]:
        """The fields of the answer to a refresh token.

        A transient failure is tried again at once: if only the answer was lost, the old token may still be good then.
        """
        return self._token("refresh", attempts=2, grant_type="refresh_token", refresh_token=refresh_token)

    def _token(self, call: str, *, attempts: int, **grant: str) -> Mapping[str, Any]:
        form = {"client_id": self._credentials.client_id, "client_secret": self._credentials.client_secret, **grant}
        request = requests.Request("POST", self._url, data=form, headers={"Accept": "application/json"})
        answer, raw = self._transport.send(call, Service.LOGIN, request, _LOGIN_SECONDS)
        for _ in range(attempts - 1):
            if not answer.may_pass or answer.status == _RATE_LIMITED:
                break
            self._transport.sleep(_RETRY_SECONDS)
            answer, raw = self._transport.send(call, Service.LOGIN, request, _LOGIN_SECONDS)
        if answer.kind is not Kind.OK:
            raise LegrandError(call, answer)
        return _object(self._transport, call, raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The API, with one access token, within the day's quota.

    Once the quota refuses a kind of call, neither the table nor Legrand is asked again.
    """

    transport: Transport
    base_url: str
    calls: CallCount
    subscription_key: str = field(repr=False)
    access_token: str = field(repr=False)
    _used_up: set[Need] = field(default_factory=set, init=False, repr=False, compare=False)

    def may_call(self, need: Need) -> bool:
        """Whether such a call can be made now: the deadline is not over, and the quota has not refused one."""
        return need not in self._used_up and not self.transport.is_time_up

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions of the user's applications, ours and others'; none for 204.

        An answer that cannot be read is a failure, never an empty list: the plan would subscribe every plant again.
        """
        raw = self._call("list", self._request("GET", "/subscription"), for_all=True)
        entries = _readable(self.transport, "list", raw, nothing=[])
        if not isinstance(entries, list):
            raise self.transport.unreadable("list", raw)
        found = [subscription for entry in entries if (subscription := _subscription(entry)) is not None]
        self._read("list", raw, found, entries)
        return found

    def subscribe(self, plant_id: str, endpoint: str) -> None:
        """Subscribe a plant. Only the status counts, since the body of a good answer is not always JSON."""
        path = f"/plants/{quote(plant_id, safe='')}/subscription"
        raw = self._call("subscribe", self._request("POST", path, {"EndPointUrl": endpoint}))
        self.transport.signs.note_body("subscribe", raw.status, raw.body, whole=b'"subscriptionId"' in raw.body)

    def unsubscribe(self, plant_id: str, subscription_id: str) -> None:
        """Remove a subscription."""
        path = f"/plants/{quote(plant_id, safe='')}/subscription/{quote(subscription_id, safe='')}"
        raw = self._call("unsubscribe", self._request("DELETE", path))
        self.transport.signs.note_body("unsubscribe", raw.status, raw.body)

    def plants(self) -> ListedAccount:
        """The plants of the account; none for 204."""
        raw = self._call("plants", self._request("GET", "/plants"), Need.OPTIONAL)
        entries = _object(self.transport, "plants", raw, nothing={"plants": []}).get("plants")
        if not isinstance(entries, list):
            raise self.transport.unreadable("plants", raw)
        plants = [ListedPlant(plant_id, _name(entry)) for entry in entries if (plant_id := _id(entry))]
        self._read("plants", raw, plants, entries)
        return ListedAccount(tuple(plants), len(plants) == len(entries))

    def topology(self, plant_id: str) -> Topology:
        """A plant's name and modules; 204, or an answer without modules, means that it has none."""
        path = f"/plants/{quote(plant_id, safe='')}/topology"
        raw = self._call("topology", self._request("GET", path), Need.OPTIONAL)
        plant = _object(self.transport, "topology", raw, nothing={"plant": {}}).get("plant")
        entries = plant.get("modules") if isinstance(plant, dict) else plant
        if not isinstance(plant, dict) or not isinstance(entries, list | None):
            raise self.transport.unreadable("topology", raw)
        modules = [
            ListedModule(module_id, _name(entry), usable_id(entry.get("device")))
            for entry in entries or ()
            if (module_id := _id(entry))
        ]
        self._read("topology", raw, modules, entries or ())
        return Topology(_id(plant), _name(plant), tuple(modules), len(modules) == len(entries or ()))

    def programs(self, plant_id: str, module_id: str) -> dict[int, str]:
        """The printable names of a thermostat's programs, by number; programs without a name are missing.

        204, or an answer without programs, gives none. The built-in program has the number 0.
        """
        request = self._request("GET", f"{_thermostat(plant_id, module_id)}/programlist")
        raw = self._call("programs", request, Need.SPARE)
        thermostats = _object(self.transport, "programs", raw, nothing={"chronothermostats": []}).get(
            "chronothermostats"
        )
        if not isinstance(thermostats, list):
            raise self.transport.unreadable("programs", raw)
        entries = [entry for each in thermostats for entry in _programs(each, module_id)]
        programs = [(number, entry) for entry in entries if (number := _number(entry)) is not None]
        if entries and not programs:
            raise self.transport.unreadable("programs", raw)
        self._read("programs", raw, programs, entries)
        return {number: name for number, entry in reversed(programs) if (name := _name(entry)) is not None}

    def status(self, plant_id: str, module_id: str, need: Need = Need.OPTIONAL) -> bytes:
        """A thermostat's present status, as sent: it has the shape of a notification's `data`.

        The caller parses it, and notes in `transport.signs` how much could be read.
        """
        return self._call("status", self._request("GET", _thermostat(plant_id, module_id)), need).body

    def _read(self, call: str, raw: RawAnswer, found: Sized, entries: Sized) -> None:
        """Note how much of a list could be read."""
        readable = bool(found) or not entries
        self.transport.signs.note_body(call, raw.status, raw.body, readable=readable, whole=len(found) == len(entries))

    def _request(self, method: str, path: str, document: Any = None) -> requests.Request:
        headers = {
            "Authorization": f"Bearer {self.access_token}",
            "Ocp-Apim-Subscription-Key": self.subscription_key,
            "Accept": "application/json",
        }
        return requests.Request(method, self.base_url.rstrip("/") + path, headers=headers, json=document)

    def _call(
        self, call: str, request: requests.Request, need: Need = Need.REQUIRED, *, for_all: bool = False
    ) -> RawAnswer:
        """Make a call, and retry it once after a short transient failure. Raises LegrandError if it fails."""
        answer, raw = self._attempt(call, request, need)
        if answer.may_pass and (answer.retry_after or 0.0) <= _LONGEST_WAIT_SECONDS:
            self.transport.sleep(_RETRY_SECONDS if answer.retry_after is None else answer.retry_after)
            answer, raw = self._attempt(call, request, need)
        self._pause_calls(answer, for_all=for_all)
        if answer.kind is not Kind.OK:
            raise LegrandError(call, answer)
        return raw

    def _attempt(self, call: str, request: requests.Request, need: Need) -> tuple[ProviderAnswer, RawAnswer]:
        if self.transport.is_time_up:
            raise LegrandError(call, UNREACHABLE)  # before it is counted
        if need in self._used_up or not self.calls.count(need, self.transport.clock()):
            self._used_up.add(need)
            raise LegrandError(call, ProviderAnswer(Kind.QUOTA))
        answer, raw = self.transport.send(call, Service.API, request, API_SECONDS)
        if answer.status == _RATE_LIMITED and answer.retry_after is None:
            answer = ProviderAnswer(answer.kind, answer.status, retry_after=_RATE_LIMIT_SECONDS)
        return answer, raw

    def _pause_calls(self, answer: ProviderAnswer, *, for_all: bool) -> None:
        """Stop calls in this and later runs for as long as the answer asks.

        That is for limits, which concern all calls, and for the list, with which every run begins (`for_all`). Any
        other answer concerns its call alone, which the next run tries again.
        """
        if not for_all and answer.kind is not Kind.QUOTA and answer.status != _RATE_LIMITED:
            return
        now = self.transport.clock()
        until = stopped_until(now, answer)
        if until is not None:
            self.calls.pause(now=now, until=until, quota=answer.kind is Kind.QUOTA)


def _thermostat(plant_id: str, module_id: str) -> str:
    """The path of a thermostat."""
    return (
        f"/chronothermostat/thermoregulation/addressLocation/plants/{quote(plant_id, safe='')}"
        f"/modules/parameter/id/value/{quote(module_id, safe='')}"
    )


def _readable(transport: Transport, call: str, raw: RawAnswer, *, nothing: Any = None) -> Any:
    """The JSON of an answer; with 204, which has none, what stands for `nothing`."""
    if raw.status == requests.codes.no_content and nothing is not None:
        return nothing
    try:
        return json.loads(raw.body)
    except (ValueError, RecursionError):
        pass  # the decoder's exception quotes the body
    raise transport.unreadable(call, raw)


def _object(
    transport: Transport, call: str, raw: RawAnswer, *, nothing: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    found = _readable(transport, call, raw, nothing=nothing)
    if not isinstance(found, dict):
        raise transport.unreadable(call, raw)
    return found


def _subscription(entry: object) -> Subscription | None:
    """An entry of the list; None if it lacks plant or address, so that it cannot be ours."""
    if not isinstance(entry, dict):
        return None
    plant_id, endpoint = usable_id(entry.get("plantId")), entry.get("EndPointUrl")
    if plant_id is None or not isinstance(endpoint, str) or not endpoint:
        return None
    return Subscription(plant_id, usable_id(entry.get("subscriptionId")), endpoint)


def _programs(thermostat: object, module_id: str) -> list[Any]:
    """The programs of one thermostat in an answer; empty if it is another one. A value that is no list is one entry."""
    if not isinstance(thermostat, dict):
        return [thermostat]
    sender = thermostat.get("sender")
    plant = sender.get("plant") if isinstance(sender, dict) else None
    sender_id = _id(plant.get("module")) if isinstance(plant, dict) else None
    if sender_id is not None and not same_id(sender_id, module_id):
        return []
    programs = thermostat.get("programs") or []
    return programs if isinstance(programs, list) else [programs]


def _number(entry: object) -> int | None:
    return program_number(entry.get("number")) if isinstance(entry, dict) else None


def _id(entry: object) -> str | None:
    return usable_id(entry.get("id")) if isinstance(entry, dict) else None


def _name(entry: Mapping[str, object]) -> str | None:
    """A printable name; "" if nothing of it is printable, None if there is none."""
    name = entry.get("name")
    return printable(name) if isinstance(name, str) else None
