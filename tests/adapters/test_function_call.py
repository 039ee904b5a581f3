"""Of a failed function only the type of its error is passed on."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from smarther.aws.function_call import FunctionFailedError, invoke

WORDS = "words that may hold anything"


class Lambda:
    """Answers every call with the same."""

    def __init__(self, told: bytes, *, failed: bool) -> None:
        self._answer = {"Payload": BytesIO(told)} | ({"FunctionError": "Unhandled"} if failed else {})

    def invoke(self, **_: object) -> dict[str, Any]:
        return self._answer


def test_an_answer_is_handed_on_as_it_is() -> None:
    client: Any = Lambda(b'{"errorType": "of ours"}', failed=False)
    assert invoke(client, "keeper", {}) == b'{"errorType": "of ours"}'


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (f'{{"errorType": "KeyError", "errorMessage": "{WORDS}"}}', "KeyError"),
        (f'{{"errorMessage": "{WORDS}"}}', "no kind given"),
        (f'["{WORDS}"]', "no kind given"),
        (WORDS, "no kind given"),
    ],
)
def test_a_failure_is_told_by_its_kind_alone(told: str, kind: str) -> None:
    client: Any = Lambda(told.encode(), failed=True)
    with pytest.raises(FunctionFailedError) as failed:
        invoke(client, "keeper", {})
    assert str(failed.value) == kind
