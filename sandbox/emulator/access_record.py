"""Records what the local cloud's IAM allows and refuses to roles; `sandbox/running/access.py` reads the record.

Works in the local cloud's own process. AWS has CloudTrail for this; the emulator's shows neither roles nor refusals.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from ministack.core import iam_evaluator

from sandbox.emulator import leading_keys

if TYPE_CHECKING:
    from collections.abc import Callable


def install(record: TextIO) -> None:
    """Write each decision about a role's call as a line of JSON."""
    iam_evaluator.enforce = recording(iam_evaluator.enforce, iam_evaluator.resolve_caller_identity, record)


def recording(enforce: Callable[..., Any], caller: Callable[[str], Any], record: TextIO) -> Callable[..., Any]:
    """The emulator's `enforce`, which checks every signed call, with each decision recorded.

    It returns None for an allowed call. `caller` returns who holds an access key.
    """

    def enforced(access_key_id: str, action: str, *more: Any, resource_arn: str = "*", **context: Any) -> Any:
        refusal = enforce(access_key_id, action, *more, resource_arn=resource_arn, **context)
        principal = (caller(access_key_id) or {}).get("userArn", "")
        if ":assumed-role/" in principal:
            keys = (context.get("service_context") or {}).get(leading_keys.CONDITION, [])
            decision = {"role": principal.split("/")[1], "action": action, "resource": resource_arn, "keys": keys}
            record.write(json.dumps({**decision, "allowed": refusal is None}) + "\n")
        return refusal

    return enforced
