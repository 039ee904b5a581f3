"""The REST API under /smarther/v2.0: authentication, routing and answers.

Paths, bodies and statuses: Legrand's OpenAPI export `smartherV2.yaml` (kept in berry-13/bticino-gateway-ha), the
openHAB binding's `SmartherApiConnector`, artumino/smarther-rs `src/lib.rs`. The codes 10 and 11 of 401 are from
Knocks83/Go-BticinoThermostatInflux; the words about the subscription key are Azure API Management's.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.account.login import Grant
from sandbox.legrand.account.subscriptions import check_endpoint
from sandbox.legrand.home.homes import Plant
from sandbox.legrand.provider.provider import USER_OID, Provider
from sandbox.legrand.provider.set_status import read_order
from sandbox.legrand.pushes import wire
from sandbox.legrand.pushes.timeline import first_push
from sandbox.legrand.variants import Variants

MISSING_KEY = (
    "Access denied due to missing subscription key. "
    "Make sure to include subscription key when making requests to an API."
)
INVALID_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)

THERMOSTAT = (
    "/chronothermostat/thermoregulation/addressLocation/plants/(?P<plant_id>[^/]+)"
    "/modules/parameter/id/value/(?P<module_id>[^/]+)"
)
PLANT = "/plants/(?P<plant_id>[^/]+)"

OPERATIONS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("plants", "GET", re.compile("/plants")),
    ("topology", "GET", re.compile(f"{PLANT}/topology")),
    ("status", "GET", re.compile(THERMOSTAT)),
    ("set_status", "POST", re.compile(THERMOSTAT)),
    ("measures", "GET", re.compile(f"{THERMOSTAT}/measures")),
    ("programlist", "GET", re.compile(f"{THERMOSTAT}/programlist")),
    ("subscribe", "POST", re.compile(f"{PLANT}/subscription")),
    ("delete", "DELETE", re.compile(f"{PLANT}/subscription/(?P<subscription_id>[^/]+)")),
    ("list", "GET", re.compile("/subscription")),
)


OUT_OF_SCOPE = "The access token has not the scope that this operation needs"
SCOPES = {
    **dict.fromkeys(("plants", "topology"), frozenset({"topology.read", "comfort.write"})),
    **dict.fromkeys(("status", "measures", "programlist"), frozenset({"comfort.read"})),
    **dict.fromkeys(("subscribe", "delete", "list"), frozenset({"comfort.read"})),
    "set_status": frozenset({"comfort.write"}),
}
"""Scopes of which an operation needs one. The vendor's pages have one for each; plants can also be read with the two of
the tutorial, since openHAB's binding requests no other. The form of a refusal is a guess."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `path` below /smarther/v2.0, `headers` with lower-case names, the query's values by name."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""


class Gateway:
    """Answers every call to the API: checks key, quota and token, then does the operation, or an ordered fault."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._work: dict[str, Callable[..., Answer]] = {
            "plants": self._plants,
            "topology": self._topology,
            "status": self._status,
            "set_status": self._set_status,
            "measures": self._measures,
            "programlist": self._programs,
            "subscribe": self._subscribe,
            "delete": self._delete,
            "list": self._list,
        }

    def answer(self, request: Request) -> Answer:
        """Answer one call, and add it to the log of calls."""
        operation, found = self._find(request)
        try:
            answer = self._admitted(operation, request, found)
        except Refusal as refusal:
            answer = refusal.answer
        self._provider.calls.add(operation, answer, self._provider.clock.now())
        return answer

    def _find(self, request: Request) -> tuple[str, dict[str, str]]:
        for operation, method, pattern in OPERATIONS:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return operation, match.groupdict()
        return "unknown", {}

    def _admitted(self, operation: str, request: Request, found: dict[str, str]) -> Answer:
        self._check_key(request)
        self._provider.quota.take()
        grant = self._check_token(request)
        if operation == "unknown":
            return Answer.words(404)
        if self._provider.variants.scopes == "enforced" and SCOPES[operation].isdisjoint(grant.scope.split()):
            return Answer.words(403, OUT_OF_SCOPE)

        def work() -> Answer:
            try:
                return self._work[operation](request=request, grant=grant, **found)
            except Refusal as refusal:
                return refusal.answer

        return self._provider.faults.answer(operation, work, about=found.values())

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("ocp-apim-subscription-key") or request.query.get("subscription-key")
        if not key:
            raise Refusal(Answer.words(401, MISSING_KEY))
        if not self._provider.login.knows_subscription_key(key):
            raise Refusal(Answer.words(401, INVALID_KEY))

    def _check_token(self, request: Request) -> Grant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(Answer.of(401, {"message": "No access token was sent", "code": 10}))
        grant = self._provider.login.access_grant(token.strip())
        if grant is None or grant.spent:
            raise Refusal(Answer.words(401))
        if not grant.live(self._provider.clock.now()):
            raise Refusal(_expired(self._provider.variants))
        return grant

    # Operations

    def _plants(self, **_: Any) -> Answer:
        plants = list(self._provider.homes.plants.values())
        return Answer.of(200, wire.plants_answer(plants, bare=self._bare)) if plants else Answer(204)

    def _topology(self, plant_id: str, **_: Any) -> Answer:
        return Answer.of(200, wire.topology_answer(self._plant(plant_id), bare=self._bare))

    def _status(self, plant_id: str, module_id: str, **_: Any) -> Answer:
        self._check_module(plant_id, module_id)
        homes = self._provider.homes
        snapshot = homes.snapshot(plant_id, module_id, self._provider.clock.now())
        return Answer.of(200, wire.status_answer(snapshot, homes.zone))

    def _set_status(self, plant_id: str, module_id: str, request: Request, **_: Any) -> Answer:
        self._check_module(plant_id, module_id)
        homes, now, variants = self._provider.homes, self._provider.clock.now(), self._provider.variants
        programs = [program.number for program in homes.programs(plant_id, module_id)]
        order = read_order(_object(request.body), programs=programs, now=now, zone=homes.zone, variants=variants)
        reports = homes.execute(plant_id, module_id, order, now)
        self._provider.outbox.extend(
            first_push(report, self._provider.dice, [USER_OID], variants) for report in reports
        )
        return Answer(200)

    def _measures(self, plant_id: str, module_id: str, **_: Any) -> Answer:
        self._check_module(plant_id, module_id)
        homes = self._provider.homes
        snapshot = homes.snapshot(plant_id, module_id, self._provider.clock.now())
        return Answer.of(200, wire.measures_answer(snapshot, homes.zone))

    def _programs(self, plant_id: str, module_id: str, **_: Any) -> Answer:
        self._check_module(plant_id, module_id)
        programs = self._provider.homes.programs(plant_id, module_id)
        return Answer.of(200, wire.programs_answer(plant_id, module_id, programs))

    def _subscribe(self, plant_id: str, request: Request, grant: Grant, **_: Any) -> Answer:
        self._plant(plant_id)
        url = check_endpoint(_object(request.body).get("EndPointUrl"))
        application = self._provider.login.application(grant.client_id)
        name = application.name if application else grant.client_id
        now = self._provider.clock.now()
        entry = self._provider.subscriptions.add(plant_id, url, name, now, ours=True)
        return Answer.of(201, {"subscriptionId": entry.id})

    def _delete(self, plant_id: str, subscription_id: str, **_: Any) -> Answer:
        self._provider.subscriptions.remove(plant_id, subscription_id)
        return Answer(200)

    def _list(self, **_: Any) -> Answer:
        entries = [entry.listed for entry in self._provider.subscriptions.all()]
        return Answer.of(200, entries) if entries else Answer(204)

    @property
    def _bare(self) -> bool:
        return self._provider.variants.plants == "bare"

    def _plant(self, plant_id: str) -> Plant:
        plant = self._provider.homes.plants.get(plant_id)
        if plant is None:
            raise Refusal(Answer.words(404))
        return plant

    def _check_module(self, plant_id: str, module_id: str) -> None:
        if module_id not in {module.id for module in self._plant(plant_id).modules}:
            raise Refusal(Answer.words(404))


def _expired(variants: Variants) -> Answer:
    """The answer to an expired access token, in one of the forms that clients expect.

    Code 11 and `statusCode` as text: Knocks83/Go-BticinoThermostatInflux (2021-05; b33f4d2, 2021-04). "expired":
    openHAB's binding, which may have it from its binding for Spotify.
    """
    match variants.unauthorized:
        case "code":
            return Answer.of(401, {"message": "The access token has expired", "code": 11})
        case "text":
            return Answer.of(401, {"statusCode": "401", "message": "Unauthorized"})
        case "expired":
            return Answer.words(401, "The access token expired")
        case "words":
            return Answer.words(401)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        raise Refusal(Answer.words(400)) from None
    if not isinstance(value, dict):
        raise Refusal(Answer.words(400))
    return value
