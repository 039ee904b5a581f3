"""The control plane under /_control, by which a test or a demo changes the provider and reads its state.

All bodies are JSON. 400 says what is wrong with a body, 404 what does not exist, 409 what is not possible now.

    GET    /clock                                    {"now", "playing"}
    POST   /clock          {"set": iso, "hold"?: true} | {"advance_seconds": n} | {"real": true}
    POST   /play           {"start"?: iso, "hours"?: 24, "seed"?: n, "duplicate_percent"?: 0, "late_percent"?: 0,
                            "outage"?: {"after_hours", "hours"}, "realtime_factor"?: null}
                                                     202, plays in the background
    GET    /play?wait=S                              {"done", "state", "total", "sent", "settled",
                                                     "virtual_time", "first_entry", "error"}, at once, or
                                                     when it has ended, but after S seconds at the latest
    DELETE /play                                     stops it
    GET    /ledger?since=N                           {"entries": […], "last"}
    GET    /summary?since=N                          everything in numbers
    POST   /push           {"plant_id", "body": any | "raw": text | "base64": text, "content_type"?, "module_id"?}
    POST   /odd            {"known": name | "place": [names, positions], "text": JSON, "times"?: 1, "module_id"?}
                                                     the next new notifications are odd in that place
    POST   /lose           {"times"?: 1}             the next new notifications are not sent, but noted as acknowledged
    POST   /ghost          {"subscription_id"? | "plant_id"?, "ghost"?: true}  listed, but gets nothing
    POST   /thermostat_clock {"module_id", "set": iso | "ahead_seconds": n | "right": true}  sets its own clock
    GET    /subscriptions                            with owners, failures and bans
    POST   /subscriptions  {"plant_id", "EndPointUrl", "application"}          another application's
    POST   /others         {"client": "home_assistant" | "bridge", "does": "start" | "stop"}
                                                     {"deleted", "ours"}: what it deleted that was not its own
    POST   /plants         {"add": {"name", "modules": [names] | n}} | {"remove": plant_id}
                           | {"move": {"module_id", "to": plant_id}} | {"rename": {"id", "name"}}
    GET    /plants
    POST   /faults         {"operation", "status"?, "body"?, "headers"?, "delay_ms"?, "times"?, "after_effect"?,
                            "drop"?, "about"?: id, "place"?: [names, positions], "value"?, "missing"?}
    GET    /faults         those not used up
    DELETE /faults
    POST   /client         {"client_id"?, "client_secret"?, "subscription_key"?, "redirect_uris"?, "name"?,
                            "secret_age_days"?}      registers, or changes what is given
    GET    /client         without secrets
    GET    /world          {"usual": true, "answers": {question: answer}}, see variants.py
    POST   /world          {"draw": seed} | {"answers": {question: answer}}    the others stay; {} is the usual world
    POST   /revoke         {"access"?: true, "refresh"?: true}
    GET    /secrets                                  every secret ever issued, by its sort: none may be in a log
    GET    /calls?since=N                            {"calls": [{"number", "operation", "status", "at"}], "last"}
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

import pydantic
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.legrand.account.answer import Refusal
from sandbox.legrand.account.login import Application
from sandbox.legrand.account.subscriptions import Subscription
from sandbox.legrand.http import control_orders as orders
from sandbox.legrand.provider.play import Player, PlayRequest
from sandbox.legrand.provider.provider import CLIENT_ID, Provider
from sandbox.legrand.pushes.dispatch import EndpointHealth
from sandbox.legrand.pushes.ledger import Kind, Push
from sandbox.legrand.variants import USUAL


class ControlError(Exception):
    """The control plane cannot do what was asked; `status` is the answer's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


type Handler = Callable[[Request], Awaitable[Any]]


def control_routes() -> list[Route]:
    """The routes, to be mounted at /_control."""
    handlers: dict[tuple[str, str], Handler] = {
        ("GET", "/clock"): _clock,
        ("POST", "/clock"): _move_clock,
        ("POST", "/play"): _play,
        ("GET", "/play"): _progress,
        ("DELETE", "/play"): _stop,
        ("GET", "/ledger"): _ledger,
        ("GET", "/summary"): _summary,
        ("POST", "/push"): _push,
        ("POST", "/odd"): _order_oddity,
        ("POST", "/lose"): _lose,
        ("POST", "/ghost"): _ghost,
        ("POST", "/thermostat_clock"): _set_thermostat_clock,
        ("GET", "/subscriptions"): _subscriptions,
        ("POST", "/subscriptions"): _subscribe_another,
        ("POST", "/others"): _let_others_act,
        ("GET", "/plants"): _plants,
        ("POST", "/plants"): _change_plants,
        ("GET", "/faults"): _pending_faults,
        ("POST", "/faults"): _add_fault,
        ("DELETE", "/faults"): _clear_faults,
        ("GET", "/client"): _clients,
        ("POST", "/client"): _register,
        ("GET", "/world"): _world,
        ("POST", "/world"): _change_world,
        ("POST", "/revoke"): _revoke,
        ("GET", "/secrets"): _secrets,
        ("GET", "/calls"): _calls,
    }
    return [Route(path, _as_response(handler), methods=[method]) for (method, path), handler in handlers.items()]


def _as_response(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler, with its result as JSON and its errors as answers with a message."""

    async def endpoint(request: Request) -> Response:
        try:
            return _json(await handler(request))
        except pydantic.ValidationError as error:
            wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors()]
            return _json({"error": "; ".join(wrong)}, 400)
        except ControlError as error:
            return _json({"error": str(error)}, error.status)
        except Refusal as refusal:
            return _json({"error": refusal.answer.value["message"]}, refusal.answer.status)

    return endpoint


# The clock and the play


async def _clock(request: Request) -> Any:
    return {"now": _provider(request).clock.now(), "playing": _player(request).playing}


async def _move_clock(request: Request) -> Any:
    order = orders.ClockOrder.model_validate_json(await request.body())
    if _player(request).playing:
        raise ControlError(409, "a play moves the clock")
    clock = _provider(request).clock
    if order.set is not None:
        (clock.hold if order.hold else clock.run)(order.set)
    elif order.advance_seconds is not None:
        clock.advance(timedelta(seconds=order.advance_seconds))
    else:
        clock.follow_real_time()
    return await _clock(request)


async def _play(request: Request) -> Any:
    order = orders.PlayOrder.model_validate_json(await request.body() or b"{}")
    provider, player = _provider(request), _player(request)
    if player.playing:
        raise ControlError(409, "a play is on; stop it or wait for it")
    plan = PlayRequest(
        start=order.start or provider.clock.now(),
        hours=order.hours,
        seed=provider.settings.seed if order.seed is None else order.seed,
        delivery_faults=order.delivery_faults(),
        realtime_factor=order.realtime_factor,
    )
    return _json(player.play(plan), 202)


async def _progress(request: Request) -> Any:
    player = _player(request)
    if player.progress is None:
        raise ControlError(404, "nothing was played yet")
    await player.wait(_number(request, "wait"))
    return player.progress


async def _stop(request: Request) -> Any:
    await _player(request).stop()
    return await _progress(request)


# What was sent and called


async def _ledger(request: Request) -> Any:
    ledger = _provider(request).dispatch.ledger
    return {"entries": ledger.since(_since(request)), "last": ledger.last}


async def _calls(request: Request) -> Any:
    calls = _provider(request).calls.since(_since(request))
    return {"calls": calls, "last": calls[-1].number if calls else _since(request)}


async def _summary(request: Request) -> Any:
    provider = _provider(request)
    dispatch, login, newest = provider.dispatch, provider.login, provider.login.newest_refresh_token
    return {
        "now": provider.clock.now(),
        **dataclasses.asdict(dispatch.ledger.totals(_since(request))),
        "skipped_other_applications": dispatch.counters["skipped_other_applications"],
        "without_subscriber": dispatch.counters["without_subscriber"],
        "bans": dispatch.bans,
        "failure_counters": {
            each.id: dispatch.health(each.url).failures for each in provider.subscriptions.all() if each.ours
        },
        "subscriptions": [_described(provider, each) for each in provider.subscriptions.all()],
        "other_applications_entries_deleted": provider.subscriptions.foreign_deleted,
        "deleted_by_others": {"ours": sum(each.ours for each in provider.others.deleted)},
        "calls_today": provider.quota.calls_today,
        "calls_refused_by_quota_today": provider.quota.refused_today,
        "calls_by_operation": provider.calls.by_operation(),
        "tokens": {
            **dataclasses.asdict(login.counts()),
            "newest_refresh_token_sha256": sha256(newest.encode()).hexdigest() if newest else None,
        },
    }


# Notifications


async def _push(request: Request) -> Any:
    order = orders.PushOrder.model_validate_json(await request.body())
    body = order.content()
    push = Push(
        plant_id=order.plant_id,
        body=body,
        content=sha256(body).hexdigest()[:16],
        kind=Kind.ARBITRARY,
        content_type=order.content_type,
        module_id=order.module_id,
    )
    _plant_of(request, order.plant_id)
    notifier = request.app.state.notifier
    await notifier.ready()
    return {"entries": await notifier.start(push)}


async def _order_oddity(request: Request) -> Any:
    order = orders.OddOrder.model_validate_json(await request.body())
    _provider(request).dispatch.send_odd(order.pushes())
    return {"to_be_odd": order.times}


async def _lose(request: Request) -> Any:
    order = orders.LoseOrder.model_validate_json(await request.body() or b"{}")
    _provider(request).dispatch.lose(order.times)
    return {"to_lose": order.times}


async def _ghost(request: Request) -> Any:
    order = orders.GhostOrder.model_validate_json(await request.body())
    book = _provider(request).subscriptions
    chosen = [
        each.id
        for each in book.all()
        if each.ours and order.subscription_id in (None, each.id) and order.plant_id in (None, each.plant_id)
    ]
    if not chosen:
        raise ControlError(404, "there is no such subscription of ours")
    for number in chosen:
        book.make_ghost(number, ghost=order.ghost)
    return {"subscriptions": chosen, "ghost": order.ghost}


async def _set_thermostat_clock(request: Request) -> Any:
    order = orders.ThermostatClockOrder.model_validate_json(await request.body())
    provider = _provider(request)
    ahead = timedelta(seconds=order.ahead_seconds or 0)
    if order.set is not None:
        ahead = order.set - provider.clock.now()
    try:
        provider.homes.set_clock(order.module_id, ahead)
    except KeyError:
        raise ControlError(404, f"there is no thermostat {order.module_id}") from None
    return {"module_id": order.module_id, "ahead_seconds": ahead.total_seconds()}


async def _subscriptions(request: Request) -> Any:
    provider = _provider(request)
    return {"subscriptions": [_described(provider, each) for each in provider.subscriptions.all()]}


async def _subscribe_another(request: Request) -> Any:
    order = orders.SubscriptionOrder.model_validate_json(await request.body())
    _plant_of(request, order.plant_id)
    number = _provider(request).add_foreign_subscription(order.plant_id, order.EndPointUrl, order.application)
    return _json({"subscription_id": number}, 201)


async def _let_others_act(request: Request) -> Any:
    order = orders.OthersOrder.model_validate_json(await request.body())
    deleted = _provider(request).others.act(order.client, order.does)
    return {"deleted": len(deleted), "ours": sum(each.ours for each in deleted)}


# The account


async def _plants(request: Request) -> Any:
    return {"plants": list(_provider(request).homes.plants.values())}


async def _change_plants(request: Request) -> Any:
    order = orders.PlantsOrder.model_validate(await _document(request))
    provider = _provider(request)
    if order.add is not None:
        return _json(provider.add_plant(order.add.name, order.add.rooms()), 201)
    try:
        if order.move is not None:
            provider.homes.move(order.move.module_id, order.move.to)
            return {"moved": order.move.module_id}
        if order.rename is not None:
            provider.homes.rename(order.rename.id, order.rename.name)
            return {"renamed": order.rename.id}
        provider.remove_plant(str(order.remove))
    except KeyError as error:
        raise ControlError(404, f"there is no plant or thermostat {error.args[0]}") from None
    return {"removed": order.remove}


async def _register(request: Request) -> Any:
    order = orders.ClientOrder.model_validate_json(await request.body())
    provider = _provider(request)
    client_id = order.client_id or CLIENT_ID
    known = provider.login.application(client_id)
    given = {key: value for key, value in order.model_dump(exclude={"secret_age_days"}).items() if value is not None}
    if order.secret_age_days is not None or order.client_secret is not None:
        given["secret_created_at"] = provider.clock.now() - timedelta(days=order.secret_age_days or 0)
    if known is not None:
        application = dataclasses.replace(known, **given)
    elif order.client_secret and order.subscription_key:
        application = Application(**{"redirect_uris": (), "name": client_id, **given})
    else:
        raise ControlError(400, "a new client needs client_id, client_secret and subscription_key")
    provider.login.register(application)
    return _without_secrets(application)


async def _clients(request: Request) -> Any:
    return {"clients": [_without_secrets(each) for each in _provider(request).login.applications()]}


async def _world(request: Request) -> Any:
    variants = _provider(request).variants
    return {"usual": variants == USUAL, "answers": variants.answers}


async def _change_world(request: Request) -> Any:
    order = orders.WorldOrder.model_validate_json(await request.body() or b"{}")
    _provider(request).use_variants(order.world(_provider(request).variants))
    return await _world(request)


async def _revoke(request: Request) -> Any:
    order = orders.RevokeOrder.model_validate_json(await request.body())
    login = _provider(request).login
    login.revoke(access=order.access, refresh=order.refresh)
    return login.counts()


async def _secrets(request: Request) -> Any:
    provider = _provider(request)
    return {sort: sorted(all_) for sort, all_ in provider.login.secrets.items()} | {
        "address": sorted(provider.subscriptions.addresses)
    }


# Faults


async def _pending_faults(request: Request) -> Any:
    return {"faults": _provider(request).faults.pending()}


async def _add_fault(request: Request) -> Any:
    order = orders.FaultOrder.model_validate(await _document(request))
    _provider(request).faults.add(order.fault())
    return await _pending_faults(request)


async def _clear_faults(request: Request) -> Any:
    _provider(request).faults.clear()
    return await _pending_faults(request)


# Reading requests, writing answers


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


def _player(request: Request) -> Player:
    player: Player = request.app.state.player
    return player


async def _document(request: Request) -> Any:
    """A body that may hold half an emoji, which pydantic's own parser refuses."""
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise ControlError(400, "the body is no JSON") from error


def _since(request: Request) -> int:
    """The number of the last entry that the caller has seen."""
    return _number(request, "since")


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit()):
        raise ControlError(400, f"{name} is a whole number, 0 or more")
    return int(text)


def _plant_of(request: Request, plant_id: str) -> None:
    if plant_id not in _provider(request).homes.plants:
        raise ControlError(404, f"there is no plant {plant_id}")


def _described(provider: Provider, subscription: Subscription) -> dict[str, Any]:
    """A subscription without its address, which holds a secret."""
    health = provider.dispatch.health(subscription.url) if subscription.ours else EndpointHealth()
    return {
        "subscription_id": subscription.id,
        "plant_id": subscription.plant_id,
        "owner": subscription.application,
        "ours": subscription.ours,
        "ghost": subscription.ghost,
        "created_at": subscription.created_at,
        "failures": health.failures,
        "bans": health.bans,
        "banned_until": health.banned_until,
    }


def _without_secrets(application: Application) -> dict[str, Any]:
    return {
        "client_id": application.client_id,
        "name": application.name,
        "redirect_uris": application.redirect_uris,
        "secret_created_at": application.secret_created_at,
    }


def _json(value: Any, status: int = 200) -> Response:
    if isinstance(value, Response):
        return value
    return Response(json.dumps(value, default=_plain), status, media_type="application/json")


def _plain(value: object) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Enum():
            return value.value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"no JSON for {type(value).__name__}")
