"""Does for the demo and the tests what the owner does by hand: stores credentials, gives consent in the browser."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx

from sandbox import legrand
from sandbox.running.processes import SandboxError
from smarther.domain.account import consent
from smarther.domain.account.consent import Scope
from smarther.store.keeper_items import Consents
from smarther.store.table import Table

if TYPE_CHECKING:
    from sandbox.running.state import State


def register_redirect(state: State) -> None:
    """Register the redirect address of this stack at the stand-in, as the owner does in the portal."""
    httpx.post(
        f"{state.legrand_url}/_control/client", json={"redirect_uris": [state.stack.outputs["RedirectUri"]]}
    ).raise_for_status()


def credentials() -> dict[str, str]:
    """What Legrand's portal gives to the owner; here they are the stand-in's, and no secret."""
    return {
        "client_id": legrand.CLIENT_ID,
        "client_secret": legrand.CLIENT_SECRET,
        "subscription_key": legrand.SUBSCRIPTION_KEY,
    }


def put_credentials(state: State) -> None:
    """Write the credentials that the stand-in knows into the stack's secret."""
    register_redirect(state)
    state.cloud.client("secretsmanager").put_secret_value(
        SecretId=state.stack.outputs["CredentialsSecretArn"],
        SecretString=json.dumps({**credentials(), "recorded_at": datetime.now(UTC).date().isoformat()}),
    )


def consent_address(state: State, scope: Scope = Scope.READING) -> str:
    """A new address at which the owner can give consent, with its one-time state stored in the table."""
    one_time = secrets.token_urlsafe(consent.STATE_BYTES)
    table = Table(state.cloud.client("dynamodb"), state.stack.outputs["TableName"])
    Consents(table).begin(one_time, datetime.now(UTC))
    return consent.authorisation_address(
        state.legrand_url,
        client_id=legrand.CLIENT_ID,
        redirect_uri=state.stack.outputs["RedirectUri"],
        state=one_time,
        scope=scope,
    )


def decide(address: str, decision: str) -> str:
    """Open the provider's login page, press `allow` or `refuse`, and return where it redirects the browser.

    If it does not grant the scope, it redirects at once.
    """
    with httpx.Client() as browser:
        shown = browser.get(address)
        if shown.is_redirect:
            return urljoin(address, shown.headers["location"])
        shown.raise_for_status()
        sent = browser.post(address, data={"decision": decision})
        if not sent.is_redirect:
            raise SandboxError(f"the stand-in did not send the browser back (status {sent.status_code}): {sent.text}")
        return urljoin(address, sent.headers["location"])


def give_consent(state: State) -> httpx.Response:
    """Give consent as an owner does with `smarther authorize`; returns the callback's page."""
    back = decide(consent_address(state), "allow")
    if "error=invalid_scope" in back:
        back = decide(consent_address(state, Scope.CONTROL), "allow")
    return httpx.get(back, timeout=60)
