"""`make simulate YEARS=n`: simulate years from many seeds, and print which of them went wrong."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from functools import partial
from traceback import format_exception
from typing import TYPE_CHECKING

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "SmartherRecorder")  # metrics are made when they are imported

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from labs.simulation.year import Plan, Year
from sandbox.legrand.account.quota import DAILY_CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labs.simulation.chronicle import Chronicle


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate the years one after another. The exit status is 1 if any of them went wrong."""
    asked = _arguments(arguments)
    console = Console()
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)  # whole lines, to be copied
    totals: Counter[str] = Counter()
    failed: list[Plan] = []
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=asked.years * asked.days)
        for number in range(asked.years):
            plan = Plan(asked.seed + number, asked.days, asked.intensity, asked.daily_calls)
            progress.update(bar, description=f"year {number + 1} of {asked.years}, seed {plan.seed}")
            begun = time.perf_counter()
            before = number * asked.days
            chronicle = _lived(plan, lambda days, before=before: progress.update(bar, completed=before + days))  # type: ignore[misc] # a default binds the loop's value
            gc.collect()
            totals.update(chronicle.counts)
            word = "balanced" if not chronicle.violations else f"WRONG in {len(chronicle.violations)} ways"
            say(
                f"{plan.words}: {word}, {chronicle.counts['notifications acknowledged']:,} notifications,"
                f" {time.perf_counter() - begun:.0f} s",
            )
            if chronicle.violations:
                failed.append(plan)
                for line in chronicle.violations[:20]:
                    say(f"    {line}")
            if asked.story:
                say("\n".join(chronicle.events))
    _tell(say, totals)
    for plan in failed:
        again = (
            f"YEARS=1 SEED={plan.seed} DAYS={plan.days:g} INTENSITY={plan.intensity:g} CALLS={plan.daily_calls} STORY=1"
        )
        say(f"to repeat it: make simulate {again}")
    return 1 if failed else 0


def _lived(plan: Plan, progress: Callable[[float], None]) -> Chronicle:
    """What happened in one year. An error raised in it ends it, and the chronicle has its traceback."""
    year = Year(plan)
    try:
        return year.live(progress)
    except Exception as error:  # of the product, or of its simulation: the other years do not depend on it
        year.chronicle.wrong(f"the year ended with {''.join(format_exception(error)).rstrip()}")
        return year.chronicle


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--years", type=int, default=1, help="how many years, each from the next seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--days", type=float, default=365, help="how long a year is")
    parser.add_argument("--intensity", type=float, default=1, help="how many times as many faults as in a bad year")
    parser.add_argument("--daily-calls", type=int, default=DAILY_CALLS, help="how many calls Legrand grants in a day")
    parser.add_argument("--story", action="store_true", help="print what happened, in order")
    return parser.parse_args(given)


def _tell(say: Callable[[str], None], totals: Counter[str]) -> None:
    for name, times in sorted(totals.items()):
        say(f"{times:>10,}  {name}")


if __name__ == "__main__":
    # Almost every object lives until the end of its year, and the garbage collector would take a fifth of the time.
    # It runs between two years.
    gc.disable()
    sys.exit(main())
