"""The benchmark's paths. All its files are under `.sandbox/bench`, beside other sandboxes."""

from __future__ import annotations

import os
from pathlib import Path

# Read by the sandbox's own modules when they are imported, so this one comes first.
os.environ.setdefault("SANDBOX_FOLDER", ".sandbox/bench")

PROJECT = Path(__file__).resolve().parents[2]
WORK = PROJECT / os.environ["SANDBOX_FOLDER"]
ARTEFACTS = WORK / "artefacts"
RESULTS = Path(__file__).parent / "results"

RUNTIME_ENVIRONMENT = PROJECT / ".venv-bench"
SAM_ENVIRONMENT = PROJECT / ".venv-sam"
RUNTIME_PYTHON = RUNTIME_ENVIRONMENT / "bin" / "python"
RUNTIME_PACKAGES = RUNTIME_ENVIRONMENT / "lib" / "python3.13" / "site-packages"
PROBE = Path(__file__).parent / "probe.py"
