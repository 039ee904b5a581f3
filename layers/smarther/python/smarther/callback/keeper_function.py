"""The keeper, as the callback reaches it: another function, called and waited for."""

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
"""The API gives up after 30 s, the function before that, and the table is asked first. Never a second attempt: the code
is good once."""


class KeeperError(Exception):
    """The keeper did not do it. The message never holds the code."""


class KeeperSlow(KeeperError):  # noqa: N818 - it is at work, nothing failed
    """The keeper has not answered yet, and goes on by itself."""


class KeeperFunction:
    """The keeper's function, by its name."""

    def __init__(self, client: LambdaClient, name: str) -> None:
        self._client = client
        self._name = name

    def consent(self, code: str, *, consent_id: str) -> Report:
        """Have the keeper exchange a consent's code; its report. Raises KeeperError, KeeperSlow.

        `consent_id` is the digest of the consent's state, under which the keeper keeps what became of it.
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
