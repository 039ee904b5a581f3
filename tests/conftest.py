"""Settings for all tests; read before any module of the project."""

from __future__ import annotations

import os

# The deployed tests start a sandbox of their own and leave alone the one that somebody may be looking at.
os.environ["SANDBOX_FOLDER"] = ".sandbox/tests"
