"""One question: its default, what is typed, what is wrong, and what becomes of it without a person."""

from __future__ import annotations

import pytest

from smarther_cli import answers
from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.asking.dialogue import Dialogue, Question
from smarther_cli.errors import WrongUse
from tests.cli.deploy.typist import Typist


def even(answer: str) -> str:
    if (answer.isdigit() and int(answer) % 2 == 0) or not answer:
        return f"<{answer}>"
    raise Wrong(f"{answer!r} is not even; 2 is.")


QUESTION = Question(word="Number", about="Which even number, such as 2?", variable="NUMBER", check=even)


def test_enter_takes_the_default_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch, [""])
    dialogue = Dialogue(yes=False)

    assert dialogue.answer(QUESTION, given=None, noted=None, defaults=["4"]) == "<4>"
    assert typist.prompts == ["Number [<4>]"]
    assert dialogue.has_asked


def test_a_wrong_answer_gets_its_sentence_and_the_question_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typist = Typist(monkeypatch, ["3", "x", " 6 "])

    assert Dialogue(yes=False).answer(QUESTION, given=None, noted=None, defaults=["4"]) == "<6>"
    assert typist.is_done
    told = capsys.readouterr().err
    assert "'3' is not even; 2 is." in told
    assert "'x' is not even; 2 is." in told


def test_a_default_that_cannot_be_used_is_told_and_the_next_is_offered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typist = Typist(monkeypatch, [""])

    assert Dialogue(yes=False).answer(QUESTION, given=None, noted=None, defaults=["3", "8"]) == "<8>"
    assert typist.prompts == ["Number [<8>]"]
    assert "'3' is not even" in capsys.readouterr().err


def test_without_a_default_enter_is_an_answer_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch, ["5", "2"])

    assert Dialogue(yes=False).answer(QUESTION, given=None, noted=None, defaults=["3"]) == "<2>"
    assert typist.prompts == ["Number", "Number"]


def test_a_hyphen_is_nothing_where_nothing_may_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Typist(monkeypatch, ["-"])
    question = Question(word="N", about="", variable="N", check=even, may_be_none=True)

    assert Dialogue(yes=False).answer(question, given=None, noted=None, defaults=["4"]) == "<>"


def test_what_is_given_or_noted_is_not_asked_and_what_is_given_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch, [])
    dialogue = Dialogue(yes=False)

    assert dialogue.answer(QUESTION, given="2", noted="4", defaults=["6"]) == "<2>"
    assert dialogue.answer(QUESTION, given=None, noted="4", defaults=["6"]) == "<4>"
    assert dialogue.answer(QUESTION, given="", noted="4", defaults=["6"]) == "<>"
    assert typist.prompts == []
    assert not dialogue.has_asked


def test_what_is_given_and_wrong_is_wrong_use_that_names_its_variable() -> None:
    with pytest.raises(WrongUse, match="NUMBER: '3' is not even; 2 is"):
        Dialogue(yes=True).answer(QUESTION, given="3", noted=None, defaults=[])


def test_what_is_noted_and_wrong_names_the_file() -> None:
    with pytest.raises(WrongUse) as wrong:
        Dialogue(yes=True).answer(QUESTION, given=None, noted="3", defaults=["4"])
    assert str(answers.FILE) in str(wrong.value)
    assert "'3' is not even; 2 is." in str(wrong.value)


def test_yes_takes_the_default_and_says_when_there_is_none() -> None:
    assert Dialogue(yes=True).answer(QUESTION, given=None, noted=None, defaults=["4"]) == "<4>"
    with pytest.raises(WrongUse, match="no default"):
        Dialogue(yes=True).answer(QUESTION, given=None, noted=None, defaults=["3"])


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smarther_cli.show.screen.can_ask", lambda: False)
    for ask in (
        lambda: Dialogue(yes=False).answer(QUESTION, given=None, noted=None, defaults=["4"]),
        Dialogue(yes=False).goes_ahead,
    ):
        with pytest.raises(WrongUse, match="no terminal") as wrong:
            ask()
        assert "YES=1" in wrong.value.remedy


@pytest.mark.parametrize(
    ("lines", "goes_ahead"),
    [
        ([""], True),
        (["y"], True),
        (["Yes"], True),
        (["n"], False),
        (["NO"], False),
        (
            [
                "maybe",
                "",
            ],
            True,
        ),
    ],
)
def test_the_go_ahead(lines: list[str], *, goes_ahead: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch, lines)
    assert Dialogue(yes=False).goes_ahead() is goes_ahead
    assert typist.is_done


def test_yes_goes_ahead_without_a_word() -> None:
    assert Dialogue(yes=True).goes_ahead()
