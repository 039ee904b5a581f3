"""Our signature is the one that AWS's own signer makes."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from smarther.aws.sigv4 import AwsKeys, signed

VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def theirs(headers: dict[str, str], body: bytes, credentials: AwsKeys, now: datetime) -> dict[str, str]:
    request = AWSRequest("POST", f"https://{headers['Host']}/", headers=headers, data=body)
    keys = BotocoreCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token or None
    )
    with mock.patch.object(auth, "get_current_datetime", return_value=now):
        auth.SigV4Auth(keys, "dynamodb", "eu-south-1").add_auth(request)
    return dict(request.headers.items())


def ours(headers: dict[str, str], body: bytes, credentials: AwsKeys, now: datetime) -> dict[str, str]:
    return signed(headers, body, service="dynamodb", region="eu-south-1", keys=credentials, now=now)


@given(
    body=st.binary(max_size=2_000),
    key=VISIBLE,
    secret=VISIBLE,
    token=st.none() | VISIBLE,
    target=VISIBLE,
    port=st.none() | st.integers(1, 65_535).filter(lambda port: port not in {80, 443}),
    now=st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
)
def test_the_signature_is_botocores(  # noqa: PLR0913 # what a signature depends on
    *, body: bytes, key: str, secret: str, token: str | None, target: str, port: int | None, now: datetime
) -> None:
    host = "dynamodb.eu-south-1.amazonaws.com"
    headers = {
        "Host": host if port is None else f"{host}:{port}",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{target}",
    }
    credentials = AwsKeys(access_key_id=key, secret_access_key=secret, session_token=token)
    assert ours(headers, body, credentials, now) == theirs(headers, body, credentials, now)


@pytest.mark.parametrize("field", ["secret_access_key", "session_token"])
def test_credentials_keep_their_secrets_to_themselves(field: str) -> None:
    credentials = AwsKeys(access_key_id="AKID", secret_access_key="confidential", session_token="confidential")
    assert getattr(credentials, field) == "confidential"
    assert "confidential" not in f"{credentials!r}{credentials!s}"
