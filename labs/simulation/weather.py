"""What fails around the functions: AWS's services in brown-outs, the front door, and processes that end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from labs.simulation.cloud import refusal
from labs.simulation.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

type Service = Literal["table", "queue", "secrets"]
type Way = Literal["hangs", "refuses", "throttles", "fails", "denies", "crawls"]
WAYS: tuple[Way, ...] = ("hangs", "refuses", "throttles", "fails", "denies", "crawls")
_CODES = {"throttles": "ThrottlingException", "fails": "InternalServerError", "denies": "AccessDeniedException"}
_ADDRESS = "https://aws.example"


@dataclass(frozen=True, slots=True)
class BrownOut:
    """Until it is over, a service fails `share` of its calls in one way."""

    service: Service
    way: Way
    share: float
    until: datetime


class Weather:
    """What fails at the moment. Every call takes time, and one that fails may have been carried out."""

    def __init__(self, now: Callable[[], datetime], dice: Random) -> None:
        self._now = now
        self._dice = dice
        self.brown_outs: list[BrownOut] = []
        self.front_door_until: datetime | None = None

    @property
    def front_door_fails(self) -> bool:
        """Whether API Gateway answers 5xx without asking any function."""
        return self.front_door_until is not None and self._now() < self.front_door_until

    def clear_up(self) -> None:
        """End all of it."""
        self.brown_outs.clear()
        self.front_door_until = None

    def through[Result](
        self,
        service: Service,
        operation: str,
        work: Callable[[], Result],
        *,
        spend: Callable[[float], None],
        read: float,
    ) -> Result:
        """Make one call to a service. `spend` lets seconds pass; `read` is how long the client waits for an answer."""
        way = self._way(service)
        match way:
            case None:
                spend(self._dice.uniform(0.004, 0.02))
                return work()
            case "hangs":
                if self._dice.random() < 0.5:
                    with suppress(ClientError):
                        work()
                spend(read)
                raise ReadTimeoutError(endpoint_url=_ADDRESS)
            case "refuses":
                raise EndpointConnectionError(endpoint_url=_ADDRESS)
            case "crawls":
                spend(self._dice.uniform(0.3, 1) * read)
                return work()
            case _:
                spend(0.01)
                raise refusal(_CODES[way], operation)

    def _way(self, service: Service) -> Way | None:
        if not self.brown_outs:
            return None
        self.brown_outs = [each for each in self.brown_outs if each.until > self._now()]
        return next(
            (each.way for each in self.brown_outs if each.service == service and self._dice.random() < each.share),
            None,
        )


class Gate(Effects):
    """The gate of one invocation: each effect passes the weather, and the process may end before or after it."""

    def __init__(self, weather: Weather, spend: Callable[[float], None], read: float) -> None:
        super().__init__()
        self._weather = weather
        self.spend = spend
        self._read = read
        self.failed: set[str] = set()

    def to(self, service: Service) -> Callable[[str, Callable[[], object]], object]:
        """The gate as a client of a service meets it."""

        def pass_through(operation: str, work: Callable[[], object]) -> object:
            return self.perform(operation, lambda: self._through(service, operation, work))

        return pass_through

    def _through(self, service: Service, operation: str, work: Callable[[], object]) -> object:
        try:
            return self._weather.through(service, operation, work, spend=self.spend, read=self._read)
        except ClientError as error:
            if error.response["Error"]["Code"] in _CODES.values():
                self.failed.add(operation)
            raise
        except (EndpointConnectionError, ReadTimeoutError):
            self.failed.add(operation)
            raise

    def begin(self, kill_at: tuple[int, str] | None = None) -> None:
        """A new invocation of a process that lives."""
        self.names.clear()
        self.failed.clear()
        self.kill_at, self.dead = kill_at, False
