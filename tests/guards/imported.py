"""Runs in the function's own environment: one cold start and one notification; prints what that loaded and compiled.

Its input is the event. Its output is JSON: `loaded`, every module that was not there before the function; `compiled`,
those for which Python found no bytecode that it could take; and `collections`, how often garbage was looked for.
"""

import gc
import importlib._bootstrap_external as machinery
import json
import sys

import awslambdaric.bootstrap  # type: ignore[import-not-found] # noqa: F401 - what the runtime has loaded is not the function's

event = json.load(sys.stdin)
compiled: list[str] = []
source_to_code = machinery.SourceLoader.source_to_code


def noting(self, data, path, **options):  # type: ignore[no-untyped-def] # to import typing would hide that the function does
    """Compile, and say so."""
    compiled.append(str(path))
    return source_to_code(self, data, path, **options)


machinery.SourceLoader.source_to_code = noting  # type: ignore[method-assign] # the one place where Python compiles
before = set(sys.modules)
collections = sum(each["collections"] for each in gc.get_stats())
sys.path.insert(0, "")

import app  # type: ignore[import-not-found] # noqa: E402 - the function

collections = sum(each["collections"] for each in gc.get_stats()) - collections
answer = app.handler(event, None)
assert answer["statusCode"] == 200, answer
loaded = sorted(set(sys.modules) - before)
sys.stderr.write(json.dumps({"loaded": loaded, "compiled": compiled, "collections": collections}))
