"""The plan of subscriptions, from what the provider lists to what we want; and the webhook's address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATH = "/notifications/"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_NO_ID = frozenset({"", "none", "null", "undefined"})


@dataclass(frozen=True, slots=True)
class Subscription:
    """One entry of the provider's list. The list spans all of the user's applications; the id may be missing."""

    plant_id: str
    subscription_id: str | None
    endpoint: str = field(repr=False)

    @property
    def deletable(self) -> bool:
        """Whether it has an id to delete it by. Other clients have seen the text "None" in its place."""
        return self.subscription_id is not None and self.subscription_id.strip().casefold() not in _NO_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSubscriptions:
    """Each of `plants` is to be subscribed at `endpoint`.

    A subscription of a wanted plant at a `tolerated` address of ours is kept, but never created: during a rotation of
    the webhook secret a plant may be subscribed at the old and at the new address.
    """

    base_url: str
    endpoint: str = field(repr=False)
    plants: frozenset[str]
    tolerated: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Create:
    """Subscribe a plant."""

    plant_id: str
    endpoint: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove one subscription of ours."""

    plant_id: str
    subscription_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPlan:
    """The actions: first create, then delete. `healthy` are the wanted plants that are subscribed already."""

    create: tuple[Create, ...] = ()
    delete: tuple[Delete, ...] = ()
    healthy: frozenset[str] = frozenset()


def plan(listed: Iterable[Subscription], wanted: WantedSubscriptions) -> SubscriptionPlan:
    """The fewest actions that turn the list into what is wanted.

    - A wanted plant without an entry at the wanted address gets one.
    - Of several entries of ours for one plant and address, one stays.
    - Entries of ours under another secret, or for a plant that is not wanted, are deleted.
    - An entry that is not ours (another host, another application, another deployment of this stack) is never
      deleted. Neither is an entry without an id, since nothing can delete it.
    - The id of an entry that stays is not deleted, even where a second entry has the same id.
    """
    ours = [entry for entry in listed if is_ours(entry.endpoint, wanted.base_url)]
    staying = _staying(ours, wanted)
    staying_ids = {entry.subscription_id for entry in staying.values()}
    healthy = frozenset(plant_id for plant_id, endpoint in staying if endpoint == wanted.endpoint)
    going = {
        entry.subscription_id: Delete(entry.plant_id, entry.subscription_id, _why(entry, wanted))
        for entry in ours
        if entry.deletable and entry.subscription_id is not None and entry.subscription_id not in staying_ids
    }
    return SubscriptionPlan(
        create=tuple(Create(plant_id, wanted.endpoint) for plant_id in sorted(wanted.plants - healthy)),
        delete=tuple(sorted(going.values(), key=lambda action: (action.plant_id, action.subscription_id))),
        healthy=healthy,
    )


def _staying(ours: list[Subscription], wanted: WantedSubscriptions) -> dict[tuple[str, str], Subscription]:
    """The one entry that stays for each wanted plant and each good address; one that has an id is preferred."""
    good = {wanted.endpoint} | wanted.tolerated
    candidates = [entry for entry in ours if entry.plant_id in wanted.plants and entry.endpoint in good]
    candidates.sort(key=lambda entry: (not entry.deletable, entry.subscription_id or ""), reverse=True)
    return {(entry.plant_id, entry.endpoint): entry for entry in candidates}  # the last of equals stays


def _why(entry: Subscription, wanted: WantedSubscriptions) -> str:
    if entry.plant_id not in wanted.plants:
        return "plant_not_wanted"
    return "duplicate" if entry.endpoint in {wanted.endpoint} | wanted.tolerated else "stale_secret"


def address(base_url: str, secret: str) -> str:
    """The address that plants are subscribed at: `<base_url>/notifications/<secret>`."""
    return f"{base_url.removesuffix('/')}{_PATH}{secret}"


def is_ours(url: str, base_url: str) -> bool:
    """Whether an address is one of this deployment's webhooks, whatever the secret in it.

    It has the same scheme, host and port, and our path with exactly one segment after it. False in doubt: the
    provider's list also holds the subscriptions of other applications.
    """
    try:
        theirs, ours = urlsplit(url), urlsplit(base_url)
        same_origin = _origin(theirs.scheme, theirs.hostname, theirs.port) == _origin(
            ours.scheme, ours.hostname, ours.port
        )
    except ValueError:  # a port that is not a number, a bracket that is not closed: we made no such address
        return False
    prefix = ours.path.rstrip("/") + _PATH
    segment = theirs.path.removeprefix(prefix)
    return (
        same_origin
        and theirs.username is None
        and not theirs.query
        and not theirs.fragment
        and theirs.path.startswith(prefix)
        and segment not in {"", ".", ".."}
        and "/" not in segment
    )


def _origin(scheme: str, host: str | None, port: int | None) -> tuple[str, str | None, int | None]:
    return scheme, host, port or _DEFAULT_PORTS.get(scheme)
