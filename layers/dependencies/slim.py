"""Make the built layer small: `slim.py FOLDER` leaves out what no function imports, and leaves the bytecode alone.

Each entry must be there, so that one which a new version has moved or dropped fails the build and is looked at; and the
functions are run from the built layer by the tests, so that one which is needed after all fails there.

Bytecode without its sources is what Python calls legacy `.pyc` files: the interpreter takes them as they are, so the
zip's dates mean nothing to it. They hold for every 3.13 (CPython's own tests see to it that a release series keeps its
magic number), which is the only runtime that the layer names as compatible. Errors still tell file and line.
"""

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

NOT_IMPORTED = (
    "aws_lambda_powertools/event_handler",  # the functions answer by themselves; half of it is Swagger's JavaScript
    "aws_lambda_powertools/metrics/provider/datadog",  # metrics go to CloudWatch
    *(
        f"aws_lambda_powertools/utilities/{name}"  # of the utilities only those that Logger imports are used
        for name in (
            "auth_alpha",
            "batch",
            "circuit_breaker",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "metadata",
            "parameters",
            "parser",
            "streaming",
            "validation",
        )
    ),
    "charset_normalizer/cli",  # a command line
    "pydantic/experimental",
    "pydantic/mypy.py",  # a plugin of a type checker
    "pydantic/v1",  # the version before the last
    "pydantic_core-*.dist-info/sboms",
    "urllib3/contrib/emscripten",  # for browsers
)


def main(layer: Path) -> None:
    """Slim one layer folder, in place."""
    for entry in NOT_IMPORTED:
        (found,) = layer.glob(entry)
        remove(found)
    for entry in ("bin", "**/*.pyi", "**/py.typed"):
        for found in layer.glob(entry):
            remove(found)
    if not compileall.compile_dir(
        layer,
        quiet=1,
        legacy=True,
        workers=0,
        stripdir=layer.parent,
        prependdir="/opt",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    ):
        sys.exit("a file did not compile")
    for source in layer.rglob("*.py"):
        source.unlink()


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
