"""The owner's return from consent: uses up the one-time state and hands the code to the keeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smarther import telemetry
from smarther.callback.keeper_function import KeeperError, KeeperSlow
from smarther.domain.account.consent import Given, has_state_form, returned, state_digest
from smarther.drawing import consent_page
from smarther.drawing.words.choice import words_of_browser
from smarther.store.table import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from smarther.callback.keeper_function import KeeperFunction
    from smarther.domain.account.consent import NotGiven
    from smarther.drawing.consent_page import ConsentPage
    from smarther.store.keeper_items import Consents


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Answers the owner's browser. It can read no secret: the keeper exchanges the code."""

    consents: Consents
    keeper: KeeperFunction
    now: Callable[[], datetime]

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an HTTP API request (payload format 2.0) with a page in the browser's language."""
        query, headers = event.get("queryStringParameters"), event.get("headers")
        page = self._page(query if isinstance(query, dict) else {})
        telemetry.log("consent_answered", page=page.ending, status=page.status)
        words = words_of_browser(headers.get("accept-language") if isinstance(headers, dict) else None)
        return {
            "statusCode": page.status,
            "headers": dict(consent_page.HEADERS),
            "body": consent_page.html(page, words),
        }

    def _page(self, query: Mapping[str, str]) -> ConsentPage:
        given = returned(query)
        try:
            if not isinstance(given, Given):
                self._store_refusal(query, given)
                return consent_page.page_without(given)
            if not self.consents.use(given.state, self.now()):
                return consent_page.NOT_VALID
            return consent_page.page_for(self.keeper.consent(given.code, consent_id=state_digest(given.state)))
        except KeeperSlow:
            return consent_page.SLOW
        except (KeeperError, StoreError) as failure:
            telemetry.warn("consent_failed", failure=str(failure))
            return consent_page.BROKEN

    def _store_refusal(self, query: Mapping[str, str], not_given: NotGiven) -> None:
        """An error uses the state up as well, and is stored for `smarther authorize`, which waits for it."""
        state = query.get("state", "")
        if "error" in query and has_state_form(state):
            self.consents.use(state, self.now(), not_given=not_given)
