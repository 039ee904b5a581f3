"""What a run works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import requests

    from smarther.aws.alarm_topic import AlarmTopic
    from smarther.aws.secrets_manager import Secrets
    from smarther.keeper.settings import KeeperSettings
    from smarther.store.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The keeper's adapters, with the clock, the sleep and the randomness that tests replace.

    `clock` gives aware datetimes, `sleep` waits for seconds, and `one_time` makes an unguessable text of so many random
    bytes, as `secrets.token_urlsafe` does.
    """

    settings: KeeperSettings
    secrets: Secrets
    table: Table
    topic: AlarmTopic
    session: requests.Session
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    one_time: Callable[[int], str]
