"""The page on which the owner's browser returns from consent: `GET /callback`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config

from smarther.keeper.callback import Callback
from smarther.keeper.function import TIMEOUTS, KeeperFunction
from smarther.keeper.settings import CallbackSettings
from smarther.store.records import Records

settings = CallbackSettings.from_environment()
config = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})
callback = Callback(
    records=Records(boto3.client("dynamodb", config=config), settings.table_name),
    keeper=KeeperFunction(boto3.client("lambda", config=TIMEOUTS), settings.keeper_function),
    now=lambda: datetime.now(UTC),
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A page in every case, with the status that goes with it."""
    return callback.answer(event)
