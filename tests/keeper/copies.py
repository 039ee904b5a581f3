"""Many endings of one beginning: each is lived through in a copy of this process, which is far cheaper than to begin
anew each time. Two copies live at once, as most machines can do that much."""

from __future__ import annotations

import gc
import os
import traceback
import warnings
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_AT_ONCE = 2


def in_copies(endings: Iterable[Callable[[], None]]) -> list[str]:
    """Live each ending in a copy of this process; what went wrong in those that failed."""
    failures: list[str] = []
    alive: list[tuple[int, int]] = []
    for ending in endings:
        if len(alive) == _AT_ONCE:
            failures += _outlived(*alive.pop(0))
        alive.append(_begun(ending))
    for copy in alive:
        failures += _outlived(*copy)
    return failures


def _begun(ending: Callable[[], None]) -> tuple[int, int]:
    """The process of a copy, and where it will say what went wrong."""
    ear, mouth = os.pipe()
    with warnings.catch_warnings():
        # Another test may have left a thread behind; the copy needs none.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        process = os.fork()
    if process == 0:
        os.close(ear)
        _live(ending, mouth)
    os.close(mouth)
    return process, ear


def _live(ending: Callable[[], None], mouth: int) -> NoReturn:
    status = 1
    gc.disable()  # tidying up would copy every page of memory that the two still share
    try:
        ending()
        status = 0
    except BaseException:  # whatever it is, the process that began this must hear of it
        with os.fdopen(mouth, "w") as out:
            out.write(traceback.format_exc())
    finally:
        os._exit(status)


def _outlived(process: int, ear: int) -> list[str]:
    with os.fdopen(ear) as heard:
        said = heard.read()
    _, status = os.waitpid(process, 0)
    return [said or f"ended with status {status} and said nothing"] if status else []
