"""A receiver that begins with another line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from labs.bench.artefacts import Artefact


def with_first_line(artefact: Artefact, folder: Path, line: str) -> Artefact:
    """A copy of the function that begins with another line."""
    shutil.copytree(artefact.task, folder)
    app = folder / "app.py"
    app.write_text(app.read_text().replace("import os\n", f"{line}\nimport os\n", 1))
    return replace(artefact, task=folder)
