"""Settings for all tests; read before any module of the project."""

from __future__ import annotations

import os

# The deployed tests start a sandbox of their own and leave alone the one that somebody may be looking at.
os.environ["SANDBOX_FOLDER"] = ".sandbox/tests"

# As the template has it; the metrics are made when their module is imported.
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "SmartherRecorder"
