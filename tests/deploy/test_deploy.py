"""`make deploy` as a person meets it: on a terminal, from a fresh clone, into a cloud with nothing in it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from smarther_cli.deploy.machine import own_processor
from tests.deploy.conftest import REGION
from tests.deploy.regions import not_enabled
from tests.deploy.terminal import CTRL_C, ENTER

if TYPE_CHECKING:
    from sandbox.running.cloud import Cloud
    from tests.deploy.conftest import Clone

QUESTIONS = ("Region", "Name", "Time zone", "Mail address", "Deploy now")
NO = "n\n"

READING = {"pk": {"S": "MODULE#a"}, "sk": {"S": "READING#b"}}

FAILS = """
  Taken:
    Type: AWS::Events::EventBus
    Properties: {Name: taken}

Outputs:
"""
"""A resource whose name somebody else has."""


def stack(cloud: Cloud, name: str, region: str = REGION) -> dict[str, Any] | None:
    """A stack as CloudFormation describes it; None when there is none."""
    formation = client(cloud, "cloudformation", region)
    try:
        (found,) = formation.describe_stacks(StackName=name)["Stacks"]
    except formation.exceptions.ClientError:
        return None
    told: dict[str, Any] = found
    return told


def client(cloud: Cloud, service: str, region: str = REGION) -> Any:
    return replace(cloud, region=region).client(service)


def parameters(cloud: Cloud, name: str) -> dict[str, str]:
    found = stack(cloud, name)
    assert found is not None
    return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}


def left_nothing(clone: Clone) -> bool:
    """Whether nothing was written but what git ignores and is no answer."""
    return not clone.answers.exists() and clone.git("status", "--porcelain") == ""


# ---- deployed


def test_enter_everywhere_deploys_and_a_second_one_asks_nothing(clone: Clone, cloud: Cloud) -> None:
    first = clone.deploy()

    assert first.status == 0, first.screen
    assert first.asked == QUESTIONS
    made = stack(cloud, "smarther-recorder")
    assert made is not None
    assert made["StackStatus"] == "CREATE_COMPLETE"
    chosen = parameters(cloud, "smarther-recorder")
    assert (chosen["Timezone"], chosen["AlarmEmail"]) == ("Europe/Vienna", "")
    assert clone.git("status", "--porcelain") == ""

    outputs = {each["OutputKey"]: each["OutputValue"] for each in made["Outputs"]}
    screen = first.screen.replace("\n", "")  # the terminal breaks what is longer than its lines
    for shown in (outputs["RedirectUri"], outputs["DashboardUrl"], "smarther configure", "smarther authorize"):
        assert shown in screen
    assert "made      function receiver" in first.screen

    # One value decides: what was built takes no other, and the stack has it.
    built = yaml_parse((clone.folder / ".aws-sam" / "build" / "template.yaml").read_text())
    assert built["Parameters"]["Architecture"]["AllowedValues"] == [chosen["Architecture"]] == [own_processor()]

    noted = clone.answers.read_text()
    second = clone.deploy(typed=[])

    assert second.status == 0, second.screen
    assert second.asked == ()
    assert "Nothing had changed" in second.screen
    assert clone.answers.read_text() == noted
    assert tomllib.loads(noted) == {
        "stack": "smarther-recorder",
        "region": REGION,
        "parameters": {"Timezone": "Europe/Vienna", "AlarmEmail": ""},
    }
    assert clone.git("status", "--porcelain") == ""


def test_a_failed_deploy_shows_its_cause_and_the_next_one_removes_it_and_takes_over_the_kept_table(
    clone: Clone, cloud: Cloud
) -> None:
    client(cloud, "events").create_event_bus(Name="taken")
    whole = clone.template.read_text()
    clone.template.write_text(whole.replace("\nOutputs:\n", FAILS))
    said = ("YES=1", "STACK=again", f"REGION={REGION}", "TIMEZONE=Europe/Rome", "ALARM_EMAIL=me@example.org")

    failed = clone.without_a_terminal(*said)

    assert failed.returncode != 0
    assert "The deploy failed at AWS::Events::EventBus taken: " in failed.stderr
    assert "already exists" in failed.stderr
    assert "another name" in " ".join(failed.stderr.split())
    left = stack(cloud, "again")
    assert left is not None
    assert left["StackStatus"] == "ROLLBACK_COMPLETE"

    clone.template.write_text(whole)
    table = an_earlier_stacks_table(cloud, "again")

    mended = clone.deploy(typed=[])

    assert mended.status == 0, mended.screen
    assert "a first deploy failed" in mended.screen
    assert table in mended.screen
    now = stack(cloud, "again")
    assert now is not None
    assert {each["OutputKey"]: each["OutputValue"] for each in now["Outputs"]}["TableName"] == table
    assert client(cloud, "dynamodb").get_item(TableName=table, Key=READING)["Item"] == READING
    assert parameters(cloud, "again")["AlarmEmail"] == "me@example.org"


def an_earlier_stacks_table(cloud: Cloud, name: str) -> str:
    """A table that a stack of that name has left, with a reading in it.

    It has the name that the local cloud gives the table of every stack of that name: it takes up no other.
    """
    told = client(cloud, "cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    (table,) = {each["PhysicalResourceId"] for each in told if each["LogicalResourceId"] == "Table"} - {""}
    tables = client(cloud, "dynamodb")
    if table not in tables.list_tables()["TableNames"]:
        tables.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
    tables.put_item(TableName=table, Item=READING)
    return str(table)


# ---- not deployed: every one of these ends before anything is made


def test_without_credentials_nothing_is_asked(clone: Clone) -> None:
    ended = clone.deploy(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)

    assert ended.status != 0
    assert ended.asked == ()
    assert "There are no AWS credentials to use." in ended.screen
    assert "aws login" in ended.screen
    assert left_nothing(clone)


def test_a_wrong_answer_gets_its_sentence_and_the_question_again(clone: Clone) -> None:
    wrong_then_right = [
        *("Milan\n", "eu-south-1\n", "eu-central-1\n"),
        *("my home\n", "x" * 53 + "\n", "lake\n"),
        *("Europe/Roma\n", "europe/rome\n"),
        *("nonsense\n", "me@example.org\n"),
        *("perhaps\n", NO),
    ]

    with not_enabled("eu-south-1") as sts:
        ended = clone.deploy(typed=wrong_then_right, AWS_REGION="eu-south-1", AWS_ENDPOINT_URL_STS=sts)

    again = [word for word, times in zip(QUESTIONS, (3, 3, 2, 2, 2), strict=True) for word in repeat(word, times)]
    assert list(ended.asked) == again
    said = " ".join(ended.screen.split())
    for sentence in (
        "The region eu-south-1 is not enabled in this account",
        f"Region [{REGION}]: Milan",
        "'Milan' is not the name of a region; eu-west-1 is one.",
        "A name begins with a letter",
        "A name has 52 characters at most, such as smarther-recorder; this one has 53",
        "There is no time zone 'Europe/Roma'; Europe/Rome is one.",
        "'nonsense' is not a mail address; you@example.org is one",
        "Type y to deploy or n",
        "lake in eu-central-1, new",
        "by mail to me@example.org",
        "Nothing was deployed.",
    ):
        assert sentence in said
    assert left_nothing(clone)


@pytest.mark.parametrize("answered", [0, 2, 4])
def test_ctrl_c_at_a_question_leaves_nothing_behind(clone: Clone, cloud: Cloud, answered: int) -> None:
    names = [ENTER, "left\n", ENTER, ENTER]

    ended = clone.deploy(typed=[*names[:answered], CTRL_C])

    assert ended.status != 0
    assert ended.asked == QUESTIONS[: answered + 1]
    assert "Nothing was deployed." in ended.screen
    assert left_nothing(clone)
    assert stack(cloud, "left") is None


def test_without_a_terminal_one_is_told_how_to_say_everything(clone: Clone) -> None:
    ended = clone.without_a_terminal()

    assert ended.returncode != 0
    assert "no terminal" in ended.stderr
    assert "make deploy YES=1" in ended.stderr
    assert left_nothing(clone)


def test_a_broken_answers_file_is_named_and_nothing_is_deployed(clone: Clone) -> None:
    clone.answers.write_text('stack = "broken')

    ended = clone.deploy()

    assert ended.status != 0
    assert ended.asked == ()
    assert f"{clone.answers} cannot be used" in " ".join(ended.screen.split())
    assert clone.answers.read_text() == 'stack = "broken'


def test_variables_that_make_finds_in_the_environment_are_not_meant_for_it(clone: Clone) -> None:
    ended = clone.deploy(typed=chain([ENTER] * 4, [NO]), STACK="not-mine", REGION="eu-north-1", YES="1", TABLE="x")

    assert ended.asked == QUESTIONS
    assert "smarther-recorder in eu-west-1" in ended.screen
