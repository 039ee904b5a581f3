"""Answers the owner's browser when it returns from consent, at `GET /callback`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import botocore.session

from smarther.aws.botocore_client import create_client
from smarther.aws.timeouts import Timeouts
from smarther.callback.keeper_function import TIMEOUTS, KeeperFunction
from smarther.callback.return_from_consent import Callback
from smarther.callback.settings import CallbackSettings
from smarther.store.keeper_items import Consents
from smarther.store.table import Table

settings = CallbackSettings.from_environment(os.environ)
session = botocore.session.get_session()
timeouts = Timeouts(connect_seconds=1.0, read_seconds=1.0, attempts=2)  # short: the keeper needs the rest of the time
callback = Callback(
    consents=Consents(Table(create_client(session, "dynamodb", timeouts), settings.table_name)),
    keeper=KeeperFunction(create_client(session, "lambda", TIMEOUTS), settings.keeper_function),
    now=lambda: datetime.now(UTC),
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer every request with a page and its status."""
    return callback.answer(event)
