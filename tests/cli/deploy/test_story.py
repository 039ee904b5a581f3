"""A deploy up to the go-ahead: what is asked, with which defaults, and what ends it. AWS is moto's; nobody builds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ProfileNotFound

from smarther_cli import answers
from smarther_cli.answers import Answers
from smarther_cli.deploy import sam, story
from smarther_cli.deploy.asking.interview import Said
from smarther_cli.errors import Failure, WrongUse
from tests.cli.cloud import Cloud, Stack
from tests.cli.conftest import REGION
from tests.cli.deploy.typist import Typist

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"LegrandApiUrl": "https://api.example.org", "Timezone": "Europe/Madrid", "AlarmEmail": "was@example.org"}
NO = "n"
HOME = Answers(stack="home", region="eu-north-1", parameters={"Timezone": "Asia/Tokyo", "AlarmEmail": "a@example.org"})


@pytest.fixture(autouse=True)
def built(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The processors that would have been built for; after that comes only what a real `sam` is needed for."""
    asked: list[str] = []

    def build(processor: str, **_: Any) -> None:
        asked.append(processor)
        raise Failure("built")

    monkeypatch.setattr(sam, "build", build)
    monkeypatch.setattr("smarther_cli.deploy.machine.time_zone", lambda: "Europe/Vienna")
    return asked


def test_with_nothing_known_there_are_five_questions_each_with_a_default(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    typist = Typist(monkeypatch, ["", "", "", "", NO])

    assert story.deploy(Said()) is False
    assert typist.prompts == [
        "Region [eu-west-1]",
        "Name [smarther-recorder]",
        "Time zone [Europe/Vienna]",
        "Mail address [none]",
        "Deploy now? [Y/n]",
    ]
    assert not answers.FILE.exists()


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_of_the_environment_is_the_default(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv(variable, "eu-north-1")
    typist = Typist(monkeypatch, ["", "", "", "", NO])

    story.deploy(Said())

    assert typist.prompts[0] == "Region [eu-north-1]"


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with two profiles and nothing else."""
    keys = "aws_access_key_id = a\naws_secret_access_key = b\n"
    (tmp_path / "config").write_text(f"[profile lake]\nregion = eu-north-1\n{keys}[profile town]\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("profiles")
def test_several_profiles_are_a_question_and_the_chosen_ones_region_is_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typist = Typist(monkeypatch, ["nobody", "lake", "", "", "", "", NO])

    story.deploy(Said())

    assert typist.prompts[:3] == ["Profile [lake]", "Profile [lake]", "Region [eu-north-1]"]
    assert len(typist.prompts) - 1 == 6
    told = capsys.readouterr().err
    assert "There is no profile 'nobody'" in told
    assert "(profile lake)" in told


@pytest.mark.usefixtures("profiles")
def test_the_profile_that_was_chosen_is_noted_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    Typist(monkeypatch, ["town", "eu-west-1", "", "", "", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said())

    assert answers.read() == Answers(
        stack="smarther-recorder",
        region="eu-west-1",
        profile="town",
        parameters={"Timezone": "Europe/Vienna", "AlarmEmail": ""},
    )


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("how", ["said", "environment"])
def test_a_profile_that_is_named_is_no_question(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "environment":
        monkeypatch.setenv("AWS_PROFILE", "lake")
    typist = Typist(monkeypatch, ["", "", "", "", NO])

    story.deploy(Said(profile="lake" if how == "said" else None))

    assert typist.prompts[0] == "Region [eu-north-1]"


def test_a_profile_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProfileNotFound):
        story.deploy(Said(profile="nobody", yes=True))


def test_without_credentials_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    typist = Typist(monkeypatch, [])

    with pytest.raises(NoCredentialsError):
        story.deploy(Said())
    assert typist.prompts == []


# ---- the stack of that name


def test_of_a_stack_that_is_there_the_present_values_are_the_defaults(
    aws: Cloud, built: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.stacks["home"] = Stack({}, OURS | {"Architecture": "x86_64"}, "UPDATE_COMPLETE")
    typist = Typist(monkeypatch, ["", "home", "", "", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said())

    assert typist.prompts[2:4] == ["Time zone [Europe/Madrid]", "Mail address [was@example.org]"]
    assert built == ["x86_64"]
    assert "brought up to date" in capsys.readouterr().err


def test_of_a_first_deploy_that_failed_nothing_is_taken(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.stacks["smarther-recorder"] = Stack({}, OURS, "ROLLBACK_COMPLETE")
    typist = Typist(monkeypatch, ["", "", "", "", NO])

    story.deploy(Said())

    assert typist.prompts[2:4] == ["Time zone [Europe/Vienna]", "Mail address [none]"]


def test_a_mail_address_can_be_taken_back_with_a_hyphen(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.stacks["smarther-recorder"] = Stack({}, OURS)
    Typist(monkeypatch, ["", "", "", "-", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said())

    noted = answers.read()
    assert noted
    assert noted.parameters["AlarmEmail"] == ""


def test_a_name_that_something_else_has_is_no_default_and_no_answer(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("smarther-recorder", "shop"):
        aws.stacks[name] = Stack({}, {"Bucket": "x"})
    typist = Typist(monkeypatch, ["", "shop", "", "", "", NO])

    story.deploy(Said())

    assert typist.prompts[1:3] == ["Name [smarther-home]"] * 2
    told = " ".join(capsys.readouterr().err.split())
    assert "another stack 'smarther-recorder' in eu-south-1, and it is no recorder" in told
    assert "such as smarther-recorder-2." in told
    assert "another stack 'shop'" in told


@pytest.mark.parametrize(
    ("state", "says", "remedy"),
    [
        ("UPDATE_IN_PROGRESS", "at work", "Wait"),
        ("ROLLBACK_IN_PROGRESS", "at work", "Wait"),
        ("UPDATE_ROLLBACK_FAILED", "cannot be deployed", "continue-update-rollback --stack-name smarther-recorder"),
        ("DELETE_FAILED", "cannot be deployed", "console"),
    ],
)
def test_a_stack_that_has_to_wait_or_be_mended_ends_it(aws: Cloud, state: str, says: str, remedy: str) -> None:
    aws.stacks["smarther-recorder"] = Stack({}, OURS, state)

    with pytest.raises(Failure, match=says) as failure:
        story.deploy(Said(yes=True))
    assert remedy in failure.value.remedy
    assert not answers.FILE.exists()


def test_what_aws_does_not_allow_ends_it(aws: Cloud) -> None:
    aws.fault = ("AccessDenied", "not authorized to perform: cloudformation:DescribeStacks")
    with pytest.raises(ClientError, match="AccessDenied"):
        story.deploy(Said(yes=True))


# ---- what was noted, and what is said


def test_what_is_noted_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.write(HOME)
    typist = Typist(monkeypatch, [])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said())

    assert typist.prompts == []
    assert answers.read() == HOME


def test_what_is_missing_in_the_file_is_asked_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.write(Answers(stack="home", region=REGION))
    typist = Typist(monkeypatch, ["Europe/Rome", "", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said())

    assert typist.prompts == ["Time zone [Europe/Vienna]", "Mail address [none]", "Deploy now? [Y/n]"]
    noted = answers.read()
    assert noted
    assert noted.parameters == {"Timezone": "Europe/Rome", "AlarmEmail": ""}


def test_what_is_said_for_the_stack_in_the_file_goes_first_and_is_noted(built: list[str]) -> None:
    answers.write(HOME)

    with pytest.raises(Failure, match="built"):
        story.deploy(Said(time_zone="europe/rome", parameters="RetentionDays=365", processor="x86_64"))

    noted = answers.read()
    assert noted
    assert noted.parameters == dict(HOME.parameters) | {
        "Timezone": "Europe/Rome",
        "RetentionDays": "365",
        "Architecture": "x86_64",
    }
    assert built == ["x86_64"]


def test_how_this_deploy_goes_live_is_not_noted() -> None:
    with pytest.raises(Failure, match="built"):
        story.deploy(Said(yes=True, at_once=True))

    noted = answers.read()
    assert noted
    assert "GradualDeploys" not in noted.parameters


@pytest.mark.parametrize("said", [{"stack": "other"}, {"region": "eu-west-1"}, {"profile": ""}])
def test_who_speaks_of_another_stack_is_asked_and_the_file_stays_as_it_is(
    said: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Answers(stack="home", region=REGION, profile="lake", parameters={"Timezone": "Asia/Tokyo"})
    answers.write(file)
    typist = Typist(monkeypatch, ["", "", "", "", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said(**said))  # type: ignore[arg-type]

    assert "Time zone [Europe/Vienna]" in typist.prompts
    assert answers.read() == file


def test_who_wants_to_be_asked_again_finds_the_old_answers_as_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.write(HOME)
    typist = Typist(monkeypatch, ["", "", "", "", NO])

    story.deploy(Said(ask=True))

    assert typist.prompts == [
        "Region [eu-north-1]",
        "Name [home]",
        "Time zone [Asia/Tokyo]",
        "Mail address [a@example.org]",
        "Deploy now? [Y/n]",
    ]
    assert answers.read() == HOME


def test_who_answers_otherwise_when_asked_again_has_that_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.write(HOME)
    Typist(monkeypatch, ["", "lake", "", "-", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said(ask=True))

    assert answers.read() == Answers(
        stack="lake", region="eu-north-1", parameters={"Timezone": "Asia/Tokyo", "AlarmEmail": ""}
    )


def test_other_parameters_in_the_file_outlast_being_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.write(Answers(stack="home", region=REGION, parameters={"RetentionDays": "365"}))
    Typist(monkeypatch, ["", "", "", "", ""])

    with pytest.raises(Failure, match="built"):
        story.deploy(Said(ask=True))

    noted = answers.read()
    assert noted
    assert noted.parameters["RetentionDays"] == "365"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"time_zone": "Europe/Roma"}, "There is no time zone 'Europe/Roma'; Europe/Rome is one."),
        ({"stack": "my home"}, "STACK: A name begins with a letter"),
        ({"region": "Milan"}, "REGION: 'Milan' is not the name of a region; eu-west-1 is one."),
        ({"alarm_email": "o'clock"}, "is not a mail address; you@example.org is one"),
        ({"parameters": "RetentionDays=ever"}, "RetentionDays is a whole number from 0 to 36500, such as 0, and not"),
        ({"parameters": "Retention"}, "NAME=value, such as RetentionDays=365"),
        ({"processor": "m68k"}, "Architecture is one of arm64, x86_64, and not 'm68k'."),
        ({"table": "gone"}, "there is no kept table 'gone'"),
    ],
)
def test_what_is_said_wrongly_ends_it_with_a_sentence(said: dict[str, str], sentence: str) -> None:
    with pytest.raises(WrongUse) as wrong:
        story.deploy(Said(yes=True, **said))  # type: ignore[arg-type]
    assert sentence in str(wrong.value)
    assert not answers.FILE.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('stack = "broken', "cannot be used"),
        ('stack = "s"\nregion = "eu-west-1"\n[parameters]\nTimezone = "Europe/Roma"', "'Europe/Roma'"),
        ('stack = "s"\nregion = "eu-west-1"\n[parameters]\nRetentionDay = 1', "RetentionDays is one"),
        ('stack = "s"\nregion = "Milan"', "'Milan'"),
        ('stack = "my home"\nregion = "eu-west-1"', "begins with a letter"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_stays_as_it_is(text: str, says: str, built: list[str]) -> None:
    answers.FILE.write_text(text)

    with pytest.raises(WrongUse) as wrong:
        story.deploy(Said(yes=True))

    assert str(answers.FILE) in str(wrong.value)
    assert says in str(wrong.value)
    assert answers.FILE.read_text() == text
    assert built == []


def test_on_aws_it_is_built_for_arm64_and_in_another_cloud_for_this_machine(
    aws: Cloud, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Failure, match="built"):
        story.deploy(Said(yes=True))
    assert built == ["arm64"]

    monkeypatch.setattr("smarther_cli.deploy.machine.own_processor", lambda: "x86_64")
    monkeypatch.setattr(story, "other_cloud", lambda: "http://127.0.0.1:1")
    with pytest.raises(Failure, match="built"):
        story.deploy(Said(yes=True))
    assert built == ["arm64", "x86_64"]
    assert os.environ.get("AWS_ENDPOINT_URL") is None
