"""A person at a terminal, as far as a question goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


class Typist:
    """A person at a terminal, who types these lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lines: Sequence[str]) -> None:
        self._lines = list(lines)
        self.prompts: list[str] = []
        monkeypatch.setattr("smarther_cli.show.screen.can_ask", lambda: True)
        monkeypatch.setattr("typer.prompt", self._prompt)

    def _prompt(self, text: str, **_: object) -> str:
        self.prompts.append(text)
        return self._lines.pop(0)

    @property
    def is_done(self) -> bool:
        return not self._lines
