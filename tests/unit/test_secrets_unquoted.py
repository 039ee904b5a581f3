"""Whatever a secret in Secrets Manager holds, the error of the class that reads it quotes none of it."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.credentials import Credentials, CredentialsError
from smarther.domain.account.tokens import Tokens, TokensError
from smarther.domain.account.webhook_rotation import WebhookSecrets, WebhookSecretsError

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
HIDDEN = "hunter2"
NAMES = [
    *("client_id", "client_secret", "subscription_key", "recorded_at"),
    *("access_token", "refresh_token", "expires_at", "refresh_expires_at"),
    *("current", "pending", "previous", "created_at"),
]
ODD = st.sampled_from(
    [HIDDEN, f"{HIDDEN}\nX: y", f"{HIDDEN}è", [HIDDEN], {HIDDEN: HIDDEN}, None, "", 7, NOW.isoformat()]
)
DOCUMENTS = st.one_of(ODD, st.dictionaries(st.sampled_from([*NAMES, HIDDEN]), ODD))
TEXTS = st.one_of(DOCUMENTS.map(json.dumps), DOCUMENTS.map(lambda told: json.dumps(told)[:-1] + HIDDEN))


@pytest.mark.parametrize(
    "read",
    [
        lambda text: Credentials.from_secret(text, version="v", written_at=NOW),
        Tokens.from_secret,
        WebhookSecrets.from_secret,
    ],
    ids=["credentials", "tokens", "webhook"],
)
@given(text=TEXTS)
def test_what_cannot_be_read_is_told_without_being_quoted(read: Callable[[str], Any], text: str) -> None:
    try:
        shown = repr(read(text))
    except (CredentialsError, TokensError, WebhookSecretsError) as error:
        shown = "".join(traceback.format_exception(error))
    assert HIDDEN not in shown
