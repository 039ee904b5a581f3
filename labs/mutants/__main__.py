"""`python -m labs.mutants [MODULE…]`: plant faults, one at a time, and print those that no test notices.

Exit status 0 if each was noticed or is explained in `survivors.toml`, 1 otherwise.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from labs.mutants.mutations import Mutant, mutants_of
from labs.mutants.reach import Reach
from labs.mutants.trial import Verdict, run_mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PROJECT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = PROJECT / "layers" / "smarther" / "python"
MODULES: Final = tuple(
    f"smarther/{room}" for room in ("domain", "keeper", "callback", "store", "aws", "legrand", "receiver")
)
"""The modules that are mutated by default."""
TESTS: Final = ("tests/unit", "tests/adapters", "tests/functions", "tests/keeper")
LOOKS: Final = "smarther/drawing/"
"""What draws: its texts and numbers are not mutated, since they are checked by eye (tests/browser)."""
OF_LOOKS: Final = frozenset({"text", "number"})
RECORDED: Final = PROJECT / ".mutants" / "reach.json"
SURVIVORS: Final = Path(__file__).with_name("survivors.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _options(arguments)
    reach = _reach(options.tests, afresh=options.record)
    _import_what_tests_need()
    explained = explanations(SURVIVORS)
    chosen = _chosen(options.modules, line=options.line, sample=options.sample, seed=options.seed)
    counts: Counter[str] = Counter()
    for number, mutant in enumerate(chosen, start=1):
        if (mutant.module, *mutant.change()) in explained:
            counts["explained"] += 1
            continue
        tests = reach.tests_of(mutant.module, mutant.line, limit=options.seconds)
        usual = sum(reach.seconds[test] for test in tests)
        name = mutant.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        verdict = run_mutant(name, PACKAGE / mutant.module, mutant.source, tests, usual_seconds=usual)
        counts[verdict] += 1
        if verdict in {Verdict.SURVIVED, Verdict.UNREACHED}:
            _print(f"{verdict} ({number} of {len(chosen)}, {mutant.kind}, {len(tests)} tests)\n{mutant.diff()}\n")
    return _print_counts(counts)


def explanations(path: Path) -> Mapping[tuple[str, str, str], str]:
    """Why mutants may survive, by module and changed line before and after."""
    listed = tomllib.loads(path.read_text())["survivor"]
    return {(each["module"], each["was"], each["became"]): each["why"] for each in listed}


def all_mutants(modules: Iterable[str]) -> list[Mutant]:
    """The mutants of these modules or folders, given as paths below the layer's `python`."""
    files = dict.fromkeys(
        path
        for each in modules
        for path in ([PACKAGE / each] if each.endswith(".py") else sorted((PACKAGE / each).rglob("*.py")))
    )
    found = [mutant for path in files for mutant in mutants_of(str(path.relative_to(PACKAGE)), path.read_text())]
    return [each for each in found if not (each.module.startswith(LOOKS) and each.kind in OF_LOOKS)]


def _chosen(modules: Sequence[str], *, line: int | None, sample: int | None, seed: int) -> list[Mutant]:
    found = [each for each in all_mutants(modules) if line in {None, each.line}]
    if sample is None or sample >= len(found):
        return found
    return Random(seed).sample(found, sample)  # noqa: S311 - a sample that can be taken again


def _reach(tests: Sequence[str], *, afresh: bool) -> Reach:
    if afresh or not RECORDED.exists():
        _print("looking which tests run what: as long as the tests take, and some more")
        # In another process, since recording imports our modules, and a mutant must be imported instead of one.
        recording = [sys.executable, "-m", "labs.mutants.reach", str(PACKAGE), str(RECORDED), *tests]
        subprocess.run(recording, cwd=PROJECT, check=True, stdout=sys.stderr)  # noqa: S603 - the command is our own
    elif any(path.stat().st_mtime > RECORDED.stat().st_mtime for path in PACKAGE.rglob("*.py")):
        _print("the code has changed since it was recorded which tests run what; RECORD=1 looks anew")
    return Reach.load(RECORDED)


def _import_what_tests_need() -> None:
    """Import slow libraries once, for all forks."""
    import aws_lambda_powertools  # noqa: F401, PLC0415
    import boto3  # noqa: F401, PLC0415
    import moto  # noqa: F401, PLC0415
    import pydantic  # noqa: F401, PLC0415
    import requests  # noqa: F401, PLC0415


def _print_counts(counts: Counter[str]) -> int:
    bad = counts[Verdict.SURVIVED] + counts[Verdict.UNREACHED]
    noticed = counts[Verdict.NOTICED] + counts[Verdict.HUNG]
    _print(
        f"{counts.total()} mutants: {noticed} noticed ({counts[Verdict.HUNG]} of them by hanging),"
        f" {counts['explained']} explained, {counts[Verdict.SURVIVED]} not noticed,"
        f" {counts[Verdict.UNREACHED]} reached by no test"
    )
    return 1 if bad else 0


def _print(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labs.mutants", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", default=MODULES, help="such as smarther/domain or smarther/keeper/access.py"
    )
    parser.add_argument("--tests", nargs="+", default=TESTS, help="folders or files of tests to record")
    parser.add_argument("--record", action="store_true", help="record anew which tests reach what")
    parser.add_argument("--line", type=int, help="only the mutants of this line")
    parser.add_argument("--sample", type=int, help="so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of that draw")
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor, for the tests of one mutant")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
