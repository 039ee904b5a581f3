"""Weekly programs: the set point of each hour of a week."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Phase:
    """From `begins` (local time) on, the set point is `set_point` (°C)."""

    begins: time
    set_point: Decimal


@dataclass(frozen=True, slots=True)
class WeeklyProgram:
    """One numbered program; the first phase of a day begins at midnight."""

    number: int
    name: str
    workday: tuple[Phase, ...]
    weekend: tuple[Phase, ...]

    def __post_init__(self) -> None:
        for day in (self.workday, self.weekend):
            begins = [phase.begins for phase in day]
            if not begins or begins[0] != time() or begins != sorted(begins):
                raise ValueError("a day's phases begin at midnight and follow one another")

    def set_point(self, local: datetime) -> Decimal:
        """The program's set point at `local`."""
        wanted = local.time()
        return [phase for phase in self._day(local) if phase.begins <= wanted][-1].set_point

    def next_change(self, local: datetime) -> datetime:
        """When the next phase begins after `local`, naive local time."""
        wanted, midnight = local.time(), datetime.combine(local.date(), time())
        later = [phase.begins for phase in self._day(local) if phase.begins > wanted]
        return datetime.combine(local.date(), later[0]) if later else midnight + timedelta(days=1)

    def _day(self, local: datetime) -> tuple[Phase, ...]:
        return self.weekend if local.weekday() >= SATURDAY else self.workday


def steady(number: int, name: str, set_point: str) -> WeeklyProgram:
    """The same temperature all week."""
    always = (Phase(time(), Decimal(set_point)),)
    return WeeklyProgram(number, name, workday=always, weekend=always)


def family_week(number: int, name: str, *, later_minutes: int, warmer: Decimal) -> WeeklyProgram:
    """The usual week of people who work: `later_minutes` delays all phases, `warmer` raises all set points."""

    def phase(hour: int, minute: int, set_point: str) -> Phase:
        begins = datetime(2000, 1, 1, hour, minute) + timedelta(minutes=later_minutes)  # noqa: DTZ001 - a wall clock
        return Phase(begins.time(), Decimal(set_point) + warmer)

    night = Phase(time(), Decimal("17.0") + warmer)
    return WeeklyProgram(
        number,
        name,
        workday=(
            night,
            phase(6, 15, "20.0"),
            phase(8, 30, "18.0"),
            phase(12, 30, "19.0"),
            phase(14, 0, "18.0"),
            phase(17, 30, "20.5"),
            phase(22, 15, "17.0"),
        ),
        weekend=(night, phase(7, 45, "20.0"), phase(13, 0, "19.5"), phase(17, 0, "21.0"), phase(22, 45, "17.0")),
    )
