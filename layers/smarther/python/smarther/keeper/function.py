"""The keeper, as the callback reaches it: another function, called and waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from pydantic import ValidationError

from smarther.domain.keeper_report import Report

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

TIMEOUTS: Final = Config(connect_timeout=2, read_timeout=24, retries={"total_max_attempts": 1, "mode": "standard"})
"""The API gives up after 30 s and the function before that. Never a second attempt: the code is good once."""


class KeeperError(Exception):
    """The keeper did not do it. The message never holds the code."""


class KeeperSlow(KeeperError):  # noqa: N818 - it is at work, nothing failed
    """The keeper has not answered yet, and goes on by itself."""


class KeeperFunction:
    """The keeper's function, by its name."""

    def __init__(self, client: LambdaClient, name: str) -> None:
        self._client = client
        self._name = name

    def consent(self, code: str) -> Report:
        """Have the keeper exchange a consent's code; its report. Raises KeeperError, KeeperSlow."""
        try:
            answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps({"consent": {"code": code}}))
            told = answer["Payload"].read()
        except ReadTimeoutError as slow:
            raise KeeperSlow("the keeper has not answered yet") from slow
        except (ClientError, BotoCoreError) as failure:
            raise KeeperError("the keeper could not be called") from failure
        if answer.get("FunctionError"):
            raise KeeperError("the keeper failed")
        try:
            return Report.model_validate_json(told)
        except ValidationError as strange:
            raise KeeperError("the keeper did not answer with a report") from strange
