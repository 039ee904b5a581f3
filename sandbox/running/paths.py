"""Paths: the project, its environments, and the sandbox's own folder."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# Tests run their own sandbox beside one that somebody may be using.
SANDBOX = PROJECT / os.environ.get("SANDBOX_FOLDER", ".sandbox")
STATE = SANDBOX / "state.json"
LOGS = SANDBOX / "logs"
TEMPORARY = SANDBOX / "tmp"
REGISTER = SANDBOX / "processes.json"
ACCESS_RECORD = SANDBOX / "access.jsonl"
LOCAL_INVOKE_SETTINGS = SANDBOX / "samconfig.toml"
LOCAL_INVOKE_ENVIRONMENT = SANDBOX / "local-environment.json"


def shown(path: Path) -> Path:
    """A path as it is shown: relative to the project's folder if it is inside, else absolute."""
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


DEV_ENVIRONMENT = PROJECT / ".venv"
CLOUD_ENVIRONMENT = PROJECT / ".venv-cloud"
SAM_ENVIRONMENT = PROJECT / ".venv-sam"
