"""The webhook's secret is rotated on the deployed stack while pushes flow; every one of them is counted."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import httpx

from smarther.domain.account.subscription_plan import address

if TYPE_CHECKING:
    from tests.e2e.conftest import Home


@dataclass
class Flow:
    """Pushes to every address under which we are subscribed, one after the other, until told to stop."""

    home: Home
    name: str
    plants: int
    sent: list[str] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)

    def until(self, stop: Event) -> None:
        with httpx.Client(timeout=30) as client:
            while not stop.is_set():
                for url in self._addresses():
                    self._push(client, url)

    def _addresses(self) -> list[str]:
        """The pending address counts as soon as anything is subscribed with it, the previous one for a day."""
        secrets = json.loads(self.home.secret("WebhookSecretArn") or "{}")
        summary = self.home.control("summary")
        ours = sum(each["ours"] for each in summary["subscriptions"])
        names = ["current", "previous"] + (["pending"] if ours > self.plants else [])
        return [address(self.home.outputs["WebhookBaseUrl"], secrets[name]) for name in names if name in secrets]

    def _push(self, client: httpx.Client, url: str) -> None:
        module_id = f"rotation-{self.name}-{len(self.sent)}"
        sender = {"plant": {"id": "rotation", "module": {"id": module_id}}}
        status = {"time": datetime.now(UTC).isoformat(), "sender": sender}
        answer = client.post(url, json=[{"data": {"chronothermostats": [status]}}])
        self.sent.append(module_id)
        if answer.status_code != httpx.codes.OK:
            self.refused.append((module_id, answer.status_code))


def test_a_rotation_refuses_no_push_and_stores_each_once(home: Home) -> None:
    before = home.webhook_url()
    plants = sorted(plant["id"] for plant in home.control("plants")["plants"])
    stop = Event()
    flows = [Flow(home, name, len(plants)) for name in ("a", "b")]

    with ThreadPoolExecutor(len(flows)) as pool:
        running = [pool.submit(flow.until, stop) for flow in flows]
        try:
            rotated = home.run_keeper(rotate_webhook=True)
            cleared_up = home.run_keeper()
        finally:
            stop.set()
        for each in running:
            each.result()

    assert (rotated["webhook"], cleared_up["outcome"]) == ("rotated", "healthy")
    assert home.webhook_url() != before
    assert [flow.refused for flow in flows] == [[], []]
    sent = [module_id for flow in flows for module_id in flow.sent]
    assert len(sent) > 100
    assert [module_id for module_id in sent if len(home.readings(module_id)) != 1] == []
    ours = [each for each in home.control("summary")["subscriptions"] if each["ours"]]
    assert sorted(each["plant_id"] for each in ours) == plants
