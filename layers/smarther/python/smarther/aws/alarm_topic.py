"""The alarm topic: what is published there is mailed to the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from smarther.aws.service_call import call

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_SUBJECT: Final = 100
"""Characters, ASCII (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""


class AlarmTopic:
    """One topic; without an ARN nobody is told. The client, botocore's, is made when there is something to tell."""

    def __init__(self, client: Callable[[], Any], arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        """Publish; raises ServiceFailedError. What a subject cannot hold is left out of it."""
        if self._arn:
            subject = subject.encode("ascii", "replace").decode()[:_LONGEST_SUBJECT]
            call(self._client().publish, TopicArn=self._arn, Subject=subject, Message=text)
