"""Calls the keeper's function and waits for its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from pydantic import ValidationError

from smarther.aws.function_call import FunctionFailedError, invoke
from smarther.aws.timeouts import Timeouts
from smarther.domain.keeper.keeper_report import Report

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

TIMEOUTS: Final = Timeouts(connect_seconds=2.0, read_seconds=20.0)
"""Less than the function's timeout and the API's 30 s, with time for the table. One attempt: a code is good once."""


class KeeperError(Exception):
    """The keeper did not exchange the code. The message never holds it."""


class KeeperSlow(KeeperError):  # noqa: N818 - it is at work, nothing failed
    """The keeper has not answered in time; its run continues."""


class KeeperFunction:
    """The keeper's function, called by its name."""

    def __init__(self, client: LambdaClient, name: str) -> None:
        self._client = client
        self._name = name

    def consent(self, code: str, *, consent_id: str) -> Report:
        """Have the keeper exchange a consent's code; returns its report. Raises KeeperError, KeeperSlow.

        `consent_id` is the digest of the consent's state, under which the keeper stores the outcome.
        """
        event = {"consent": {"code": code, "id": consent_id}}
        try:
            return Report.model_validate_json(invoke(self._client, self._name, event))
        except ReadTimeoutError as slow:
            raise KeeperSlow("the keeper has not answered yet") from slow
        except (ClientError, BotoCoreError) as failure:
            raise KeeperError("the keeper could not be called") from failure
        except FunctionFailedError as failure:
            raise KeeperError("the keeper failed") from failure
        except ValidationError as strange:
            raise KeeperError("the keeper did not answer with a report") from strange
