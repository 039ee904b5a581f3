"""Subscriptions are created and removed as the plan says, one call at a time. Only our own are removed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from smarther.domain.account.directory import spelled
from smarther.domain.account.legrand_answers import Kind
from smarther.domain.account.subscription_plan import is_ours, plan
from smarther.legrand.client import LegrandError

if TYPE_CHECKING:
    from smarther.domain.account.subscription_plan import Create, Delete, Subscription, WantedSubscriptions
    from smarther.keeper.journal import Journal
    from smarther.legrand.client import Api


class Subscriptions:
    """Brings the provider's subscriptions to those wanted."""

    def __init__(self, api: Api, journal: Journal, wanted: WantedSubscriptions) -> None:
        self._api = api
        self._journal = journal
        self._wanted = wanted

    def repair(self, listed: list[Subscription]) -> bool:
        """Carry out the plan; True if every wanted plant is subscribed at the wanted address.

        A plant whose new subscription could not be made keeps its old ones.
        """
        todo = plan(self._of_wanted(listed), self._wanted)
        for plant_id in self._wanted.plants:
            self._journal.subscription_states[plant_id] = "healthy" if plant_id in todo.healthy else "missing"
        for create in todo.create:
            with self._journal.isolated("subscribe"):
                self._create(create)
        failed = {
            plant_id for plant_id in self._wanted.plants if self._journal.subscription_states[plant_id] == "missing"
        }
        for delete in todo.delete:
            if delete.plant_id not in failed:
                with self._journal.isolated("unsubscribe"):
                    self._delete(delete)
        return not failed

    def to_replace(self, listed: list[Subscription], plant_id: str) -> list[str]:
        """The ids of a plant's listed subscriptions at the wanted address."""
        return [
            entry.subscription_id
            for entry in self._of_wanted(listed)
            if entry.plant_id == plant_id and entry.endpoint == self._wanted.endpoint and entry.subscription_id
        ]

    def remake(self, plant_id: str, replaced: list[str]) -> None:
        """Remove these subscriptions of a plant and make a new one. Raises LegrandError."""
        for subscription_id in replaced:
            self._api.unsubscribe(plant_id, subscription_id)
        self._journal.subscription_states[plant_id] = "missing"
        self._subscribe(plant_id)
        self._journal.subscription_states[plant_id] = "remade"
        self._journal.actions.append(f"subscription_remade {plant_id}")

    def _create(self, action: Create) -> None:
        self._subscribe(action.plant_id)
        self._journal.subscription_states[action.plant_id] = "created"
        self._journal.actions.append(f"subscription_created {action.plant_id}")

    def _subscribe(self, plant_id: str) -> None:
        """Subscribe. A conflict is success if the list confirms it.

        It is not documented what makes a conflict. If it is the plant alone, one of our older subscriptions causes it,
        and is removed first.
        """
        try:
            self._api.subscribe(plant_id, self._wanted.endpoint)
        except LegrandError as error:
            if error.answer.kind is not Kind.CONFLICT:
                raise
            own = self._own_of_plant(plant_id)
            if any(each.endpoint == self._wanted.endpoint for each in own):
                return
            deletable = [each.subscription_id for each in own if each.deletable and each.subscription_id]
            if not deletable:
                raise
            self._api.unsubscribe(plant_id, deletable[0])
            self._api.subscribe(plant_id, self._wanted.endpoint)

    def _own_of_plant(self, plant_id: str) -> list[Subscription]:
        """Our own subscriptions of a plant, by a new list."""
        listed = self._of_wanted(self._api.subscriptions())
        return [
            entry for entry in listed if entry.plant_id == plant_id and is_ours(entry.endpoint, self._wanted.base_url)
        ]

    def _of_wanted(self, listed: list[Subscription]) -> list[Subscription]:
        """The list with the wanted plants' ids in the case that we know."""
        return [replace(entry, plant_id=spelled(entry.plant_id, self._wanted.plants)) for entry in listed]

    def _delete(self, action: Delete) -> None:
        try:
            self._api.unsubscribe(action.plant_id, action.subscription_id)
        except LegrandError as error:
            if error.answer.kind is not Kind.NOT_FOUND:
                raise
            return  # already gone, or its gateway is offline: the next list shows which
        self._journal.actions.append(f"subscription_removed {action.plant_id} {action.why}")
