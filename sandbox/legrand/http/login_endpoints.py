"""The login's two addresses, /authorize and /token, with ordered faults and the log of calls."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.account.login import DECLINED, Application
from sandbox.legrand.http.consent_page import consent_page
from sandbox.legrand.provider.provider import Provider


class LoginEndpoints:
    """Answers the browser and the token requests of applications."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def token(self, body: bytes, content_type: str) -> Answer:
        """Answer POST /token. The API's quota does not count these calls: the login has its own limit."""

        def work() -> Answer:
            try:
                self._provider.token_limit.take()
            except Refusal as refusal:
                return refusal.answer
            return self._provider.login.answer_token(body, content_type)

        return self._noted("token", work)

    def show_consent(self, query: Mapping[str, str]) -> Answer:
        """Answer GET /authorize with the page, whose form posts to the same address."""

        def page(application: Application) -> Answer:
            if not self._provider.login.grants(query.get("scope", "")):
                return self._way_back(query, {"error": "invalid_scope"})
            homes = [plant.name for plant in self._provider.homes.plants.values()]
            html = consent_page(application.name, homes).encode("utf-8", "replace")
            return Answer(200, html, "text/html; charset=utf-8", {"Cache-Control": "no-store"})

        return self._noted("authorize", lambda: self._for_known(query, page))

    def decide(self, query: Mapping[str, str], body: bytes) -> Answer:
        """Answer POST /authorize, `decision=allow` or `decision=refuse`, with the redirect to the application."""
        allowed = parse_qs(body.decode("ascii", "replace")).get("decision") == ["allow"]

        def way_back(application: Application) -> Answer:
            if not allowed:
                return self._way_back(query, self._declined())
            return self._way_back(
                query, {"code": self._provider.login.consent(application.client_id, query.get("scope", ""))}
            )

        return self._noted("authorize", lambda: self._for_known(query, way_back))

    def _way_back(self, query: Mapping[str, str], result: Mapping[str, str]) -> Answer:
        if "state" in query:
            result = {**result, "state": query["state"]}
            self._provider.login.secrets["state"].add(query["state"])
        location = _with_query(query["redirect_uri"], result)
        return Answer(302, headers={"Location": location, "Cache-Control": "no-store"})

    def _declined(self) -> dict[str, str]:
        if self._provider.variants.declined == "bare":
            return {"error": "access_denied"}
        return {"error": "access_denied", "error_description": DECLINED}

    def _for_known(self, query: Mapping[str, str], answer: Callable[[Application], Answer]) -> Answer:
        try:
            return answer(self._provider.login.check_authorize(query))
        except Refusal as refusal:
            return refusal.answer

    def _noted(self, operation: str, work: Callable[[], Answer]) -> Answer:
        answer = self._provider.faults.answer(operation, work)
        self._provider.calls.add(operation, answer, self._provider.clock.now())
        return answer


def _with_query(url: str, more: Mapping[str, str]) -> str:
    joint = "&" if urlsplit(url).query else "?"
    return f"{url}{joint}{urlencode(more)}"
