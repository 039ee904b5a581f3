"""A layer as it is put together for Lambda."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def zipped(layer: Path, folder: Path) -> Path:
    """A layer after its way to Lambda: every file of a zip that `sam` makes is dated 1980."""
    archive = folder / "layer.zip"
    with zipfile.ZipFile(archive, "w") as into:
        for path in sorted(layer.rglob("*")):
            if path.is_file():
                into.writestr(zipfile.ZipInfo(str(path.relative_to(layer))), path.read_bytes())
    with zipfile.ZipFile(archive) as back:
        back.extractall(folder / "unzipped")
    return folder / "unzipped"
