"""The gate through which the keeper's effects go, its one-time values, and the addresses of the simulated world."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

LOGIN = "https://login.example"
API = "https://api.example/smarther/v2.0"
NEW_LOGIN = "https://login.new.example"
NEW_API = "https://api.new.example/smarther/v2.0"
"""Where login and API are once they have moved."""
BASE = "https://ours.example"


def one_time(dice: Random) -> Callable[[int], str]:
    """Makes one-time values as `secrets.token_urlsafe` does, but the same ones each time, from these dice."""
    return lambda size: base64.urlsafe_b64encode(dice.randbytes(size)).rstrip(b"=").decode()


class Killed(BaseException):
    """The process ends here. No code of ours may catch it."""


class Effects:
    """The gate through which each of the keeper's external effects goes.

    `kill_at` is the number of an effect, and whether the process ends before or after it. `meanwhile` is called before
    each effect, for what others do at the same time.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.kill_at: tuple[int, str] | None = None
        self.meanwhile: Callable[[str], None] | None = None
        self.dead = False

    def perform[Result](self, name: str, work: Callable[[], Result]) -> Result:
        """Do one effect, or end the process at it. A process that has ended does nothing more."""
        if self.dead:
            raise Killed
        number = len(self.names)
        self.names.append(name)
        if self.meanwhile is not None:
            self.meanwhile(name)
        if self.kill_at == (number, "before"):
            self._die()
        try:
            return work()
        finally:  # also after a refusal, which is an answer
            if self.kill_at == (number, "after"):
                self._die()

    def _die(self) -> None:
        self.dead = True
        raise Killed
