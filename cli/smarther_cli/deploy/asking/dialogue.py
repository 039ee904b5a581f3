"""Asking the person: each question has a default, and is asked again where the answer cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from smarther_cli import answers
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.errors import WrongUse
from smarther_cli.show import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NONE: Final = "-"
"""What a person types for an empty answer, because Enter takes the default in brackets."""

_NO_TERMINAL: Final = (
    "Run it in a terminal, or say `make deploy YES=1`, which takes the default of whatever you do not say, such as"
    " REGION=eu-west-1 STACK=smarther-recorder TIMEZONE=Europe/Rome ALARM_EMAIL=you@example.org."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: its short name, its text with an example, its variable for `make`, and the check of an answer."""

    word: str
    about: str
    variable: str
    check: Callable[[str], str]
    may_be_none: bool = False


class Dialogue:
    """The questions of one run. `yes` takes every default instead of asking."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes
        self.has_asked = False

    def answer(self, question: Question, *, given: str | None, noted: str | None, defaults: Sequence[str]) -> str:
        """The answer: given with the command, noted in the answers file, or typed, with a default.

        The default is the first of `defaults` that can be used. Raises WrongUse if a given or noted answer cannot be
        used.
        """
        if given is not None:
            try:
                return question.check(given)
            except Wrong as wrong:
                raise WrongUse(f"{question.variable}: {wrong}") from None
        if noted is not None:
            try:
                return question.check(noted)
            except Wrong as wrong:
                raise answers.broken(str(wrong).removesuffix(".")) from None
        default = self._usable(question, defaults)
        if self._yes:
            if default is None:
                raise WrongUse(f"{question.word}: there is no default.", f"Say it: make deploy {question.variable}=…")
            return default
        return self._asked(question, default)

    def goes_ahead(self) -> bool:
        """Ask whether to deploy."""
        if self._yes:
            return True
        self._needs_a_terminal()
        while True:
            typed = self._typed("Deploy now? [Y/n]").lower()
            if typed in {"", "y", "yes"}:
                return True
            if typed in {"n", "no"}:
                return False
            screen.paragraph("Type y to deploy or n to leave everything as it is, such as y.", style="yellow")

    def _usable(self, question: Question, defaults: Sequence[str]) -> str | None:
        for default in defaults:
            try:
                return question.check(default)
            except Wrong as wrong:
                screen.paragraph(str(wrong), style="yellow")
        return None

    def _asked(self, question: Question, default: str | None) -> str:
        self._needs_a_terminal()
        self.has_asked = True
        screen.remark()
        screen.paragraph(question.about)
        shown = "" if default is None else f" [{default or 'none'}]"
        while True:
            typed = self._typed(f"{question.word}{shown}")
            if not typed and default is not None:
                return default
            try:
                return question.check("" if question.may_be_none and typed == NONE else typed)
            except Wrong as wrong:
                screen.paragraph(str(wrong), style="yellow")

    def _needs_a_terminal(self) -> None:
        if not screen.can_ask():
            raise WrongUse("There are questions, and no terminal to ask them at.", _NO_TERMINAL)

    def _typed(self, words: str) -> str:
        typed: str = typer.prompt(words, default="", show_default=False, err=True)
        return typed.strip()
