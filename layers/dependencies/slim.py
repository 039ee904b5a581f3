"""Make the built layer small: `slim.py FOLDER` removes what no function imports, and keeps only the bytecode.

Each entry of the list must exist: one that a new version has moved or dropped fails the build. Tests run the functions
from the built layer, so that an entry which is needed after all fails there.

Bytecode without its sources (Python's legacy `.pyc` files) is loaded without a check of dates. It is valid for every
3.13, since CPython does not change the magic number within a release series; the layer names no other runtime as
compatible. Errors still show file and line.
"""

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

NOT_IMPORTED = (
    "aws_lambda_powertools/event_handler",  # no function uses it; half of it is Swagger's JavaScript
    "aws_lambda_powertools/metrics/provider/datadog",  # metrics go to CloudWatch
    *(
        f"aws_lambda_powertools/utilities/{name}"  # only the utilities that Logger imports are used
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
    """Make one layer folder small, in place."""
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
    """Remove a file, or a folder with its content."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
