"""AWS's Signature Version 4, for the one kind of request that the receiver sends: a POST of JSON to `/`.

The rules are AWS's: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
The tests hold it against botocore's own signer.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"


class AwsKeys(NamedTuple):
    """The keys that sign a request. `repr` shows no secret part."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"AwsKeys(access_key_id={self.access_key_id!r})"


def signed(  # noqa: PLR0913 # all by keyword; each is a part of what is signed
    headers: Mapping[str, str], body: bytes, *, service: str, region: str, keys: AwsKeys, now: datetime
) -> dict[str, str]:
    """Add the date, the session token and the signature to the headers, which must hold the host. `now` is in UTC."""
    instant = f"{now:%Y%m%dT%H%M%SZ}"
    complete = {**headers, "X-Amz-Date": instant}
    if keys.session_token:
        complete["X-Amz-Security-Token"] = keys.session_token
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in complete.items())
    names = ";".join(name for name, _ in lines)
    canonical = "\n".join(
        ["POST", "/", "", *(f"{name}:{value}" for name, value in lines), "", names, hashlib.sha256(body).hexdigest()]
    )
    scope = f"{instant[:8]}/{region}/{service}/aws4_request"
    told = "\n".join([_ALGORITHM, instant, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, told.encode(), "sha256").hex()
    credential = f"{keys.access_key_id}/{scope}"
    complete["Authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return complete
