"""The provider seen by an application in the same process: it logs in and calls, without a socket."""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from sandbox.legrand import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SUBSCRIPTION_KEY, Provider
from sandbox.legrand.account.answer import Answer
from sandbox.legrand.http.login_endpoints import LoginEndpoints
from sandbox.legrand.provider.gateway import Gateway, Request

FORM = "application/x-www-form-urlencoded"
QUERY = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "response_type": "code", "state": "s t&te"}
ENDPOINT = "https://ours.example/notifications/secret"


class Account:
    """One application's way in; `token` is the access token it calls with."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.desk = LoginEndpoints(provider)
        self.gateway = Gateway(provider)
        self.token: str | None = None

    def code(self) -> str:
        location = self.desk.decide(QUERY, b"decision=allow").headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    def ask_token(self, **fields: str) -> Answer:
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}
        return self.desk.token(urlencode(form).encode(), FORM)

    def log_in(self) -> dict[str, Any]:
        tokens: dict[str, Any] = self.ask_token(grant_type="authorization_code", code=self.code()).value
        self.token = tokens["access_token"]
        return tokens

    def refresh(self, refresh_token: str) -> Answer:
        return self.ask_token(grant_type="refresh_token", refresh_token=refresh_token)

    def call(
        self, method: str, path: str, body: Any = b"", *, key: str | None = SUBSCRIPTION_KEY, query: str = ""
    ) -> Answer:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["ocp-apim-subscription-key"] = key
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.gateway.answer(Request(method, path, headers, dict(parse_qsl(query)), content))

    def subscribe(self, plant_id: str, url: str = ENDPOINT) -> Answer:
        return self.call("POST", f"/plants/{plant_id}/subscription", {"EndPointUrl": url})

    def plant_ids(self) -> list[str]:
        return list(self.provider.homes.plants)

    def thermostat(self, plant_id: str | None = None, module_id: str | None = None) -> str:
        """The path of a thermostat, of the first one where none is named."""
        plant = next(iter(self.provider.homes.plants.values()))
        return (
            f"/chronothermostat/thermoregulation/addressLocation/plants/{plant_id or plant.id}"
            f"/modules/parameter/id/value/{module_id or plant.modules[0].id}"
        )
