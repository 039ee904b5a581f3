"""The decisions of the local cloud's IAM: the calls that the deployed functions really made."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.running import paths


@dataclass(frozen=True, slots=True)
class Decision:
    """One call of a role: the action, the resource (an ARN), and whether IAM allowed it.

    `keys` are the partitions of the table that it named.
    """

    role: str
    action: str
    resource: str
    keys: tuple[str, ...]
    allowed: bool


def decisions(*, after: int = 0) -> list[Decision]:
    """All calls of roles since the sandbox started, except the first `after`; calls of people are not recorded."""
    lines = paths.ACCESS_RECORD.read_text().splitlines()[after:]
    return [Decision(**told | {"keys": tuple(told["keys"])}) for told in map(json.loads, lines)]
