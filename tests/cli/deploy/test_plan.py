"""What a deploy will do: how the processor and the way to go live are chosen, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from smarther_cli.deploy import plan, sam
from smarther_cli.deploy.account import Caller, KeptTable
from smarther_cli.deploy.plan import Plan
from smarther_cli.deploy.stack_state import StackState
from smarther_cli.place import Place

PLAN = Plan(
    place=Place(stack="home", region="eu-west-1", profile="mine"),
    caller=Caller("123456789012", "user/me"),
    state=StackState.NEW,
    parameters={"Timezone": "Europe/Rome", "AlarmEmail": "", "Architecture": "arm64", "GradualDeploys": "true"},
    makes=plan.makes(sam.template()),
)


def test_it_says_where_as_whom_what_and_what_it_costs() -> None:
    told = plan.facts(PLAN)
    assert told["stack"] == "home in eu-west-1, new"
    assert told["account"] == "123456789012, as user/me (profile mine)"
    assert told["processor"] == "arm64"
    assert told["time zone"] == "Europe/Rome"
    assert "not by mail" in told["alarms"]
    assert plan.A_MONTH in told["cost"]
    assert "docs/running/cost.md" in told["cost"]
    assert "cloud" not in told


def test_it_says_what_is_made_of_a_new_stack_only() -> None:
    told = plan.facts(PLAN)["makes"]
    assert "1 table" in told
    assert "functions" in told
    assert "makes" not in plan.facts(replace(PLAN, state=StackState.THERE))


def test_it_says_that_a_left_over_is_removed() -> None:
    assert "removed first" in plan.facts(replace(PLAN, state=StackState.LEFT_OVER))["stack"]


def test_it_says_where_alarms_go() -> None:
    changed = replace(PLAN, parameters={**PLAN.parameters, "AlarmEmail": "me@example.org"})
    assert plan.facts(changed)["alarms"] == "by mail to me@example.org"


def test_it_says_what_a_key_of_ones_own_costs() -> None:
    changed = replace(PLAN, parameters={**PLAN.parameters, "CustomerManagedKey": "true"})
    assert "key of your own" in plan.facts(changed)["cost"]
    assert "key" not in plan.facts(PLAN)["cost"]


def test_it_says_that_another_cloud_is_not_aws() -> None:
    told = plan.facts(replace(PLAN, cloud="http://127.0.0.1:1"))
    assert "not AWS" in told["cloud"]
    assert told["cost"].startswith("nothing there")


def test_it_says_which_table_goes_on_and_which_stay_behind() -> None:
    told = plan.facts(replace(PLAN, taken_up=KeptTable("home-Table-A", 12345, 0), left_alone=["home-Table-B"]))
    assert "home-Table-A (about 12,345 items)" in told["table"]
    assert "TABLE=new" in told["table"]
    assert "home-Table-B" in told["left alone"]


PROCESSORS = (None, "arm64", "x86_64")


@pytest.mark.parametrize(
    ("chosen", "present", "cloud", "own"),
    list(product(PROCESSORS, PROCESSORS, (None, "http://127.0.0.1:1"), ("arm64", "x86_64"))),
)
def test_the_processor_is_as_chosen_else_as_it_is_else_arm64_or_this_machines(
    chosen: str | None, present: str | None, cloud: str | None, own: str
) -> None:
    found = plan.processor(chosen=chosen, present=present, cloud=cloud, own=own)
    if chosen:
        assert found == chosen
    elif present:
        assert found == present
    else:
        assert found == (own if cloud else "arm64")


def test_a_new_receiver_goes_live_gradually_on_aws_unless_somebody_says_otherwise() -> None:
    assert plan.gradual(chosen=None, at_once=False, cloud=None) == "true"
    assert plan.gradual(chosen="false", at_once=False, cloud=None) == "false"
    assert plan.gradual(chosen=None, at_once=False, cloud="http://127.0.0.1:1") == "false"
    assert plan.gradual(chosen="true", at_once=False, cloud="http://127.0.0.1:1") == "true"
    for chosen, cloud in product((None, "true", "false"), (None, "http://127.0.0.1:1")):
        assert plan.gradual(chosen=chosen, at_once=True, cloud=cloud) == "false"


def test_of_several_kept_tables_the_one_that_holds_most_is_the_best() -> None:
    older, younger, full = KeptTable("a", 0, 1), KeptTable("b", 0, 2), KeptTable("c", 7, 0)
    assert plan.best([older, younger]) == younger
    assert plan.best([older, full, younger]) == full
    assert plan.best([]) is None


def test_the_next_commands_name_the_stack_where_the_answers_file_does_not() -> None:
    assert plan.next_commands(PLAN.place, is_first=True, is_in_the_file=True) == [
        ".venv/bin/smarther configure",
        ".venv/bin/smarther authorize",
    ]
    (command,) = plan.next_commands(PLAN.place, is_first=False, is_in_the_file=False)
    assert command == ".venv/bin/smarther status --stack home --region eu-west-1 --profile mine"
