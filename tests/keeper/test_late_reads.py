"""Secrets Manager is eventually consistent: a run may read what a secret held before the run itself wrote to it.

So a keeper that goes by what it has written must do the same with reads that come late as with reads that do not, in
every story that the crashes are told in.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.keeper.stories import STORIES
from tests.support.world import World

if TYPE_CHECKING:
    from tests.keeper.stories import Story

LAG = timedelta(seconds=3)
"""How long a written secret is read as before."""


@pytest.fixture
def world(world_on_moto: World) -> World:
    """How a secret's versions stand is asked of moto."""
    return world_on_moto


def lived(story: Story, *, late_reads: bool) -> dict[str, Any]:
    """What there is to see after a story: what was done, in its order, the reports, and what is kept."""
    with mock_aws():
        world = World()
        story.prepare(world)
        world.late_reads = late_reads
        reports = []
        for number in range(story.runs):
            event = dict(story.event) if number == 0 else {}
            if "consent" in event:
                event = {"consent": {"code": world.code()}}
            reports.append(world.run(**event).model_dump(mode="json"))
            world.later()
        stages = world.secrets.describe_secret(SecretId=world.tokens_arn)["VersionIdsToStages"].values()
        return {
            "effects": world.effects.names,
            "reports": reports,
            "tokens": world.tokens(),
            "newest": world.provider.login.newest_refresh_token,
            "labels": sorted(sorted(each) for each in stages),
            "webhook": world.webhook(),
            "subscriptions": sorted((entry.plant_id, entry.url) for entry in world.ours),
        }


@pytest.mark.shows("secret is read late")
@pytest.mark.parametrize("name", STORIES)
def test_a_run_does_the_same_when_what_it_wrote_cannot_be_read_back_yet(name: str) -> None:
    assert lived(STORIES[name], late_reads=True) == lived(STORIES[name], late_reads=False)


@pytest.mark.parametrize("name", STORIES)
def test_a_run_that_follows_within_the_second_goes_by_what_the_one_before_it_wrote(name: str) -> None:
    """The scheduler starts a run at least once, and the owner may at any time."""
    world = World(in_memory=True)
    story = STORIES[name]
    story.prepare(world)
    world.secrets._lag = LAG
    world.later(timedelta(minutes=3))
    event = {"consent": {"code": world.code()}} if "consent" in story.event else dict(story.event)
    reports = [world.run(**event), world.run()]
    for _ in range(story.runs):
        world.later()
        reports.append(world.run())
    world.later()
    assert not any(report.person or report.troubles for report in reports), reports
    assert reports[-1].outcome == "healthy"
    assert world.tokens()["refresh_token"] == world.provider.login.newest_refresh_token
    assert sorted((entry.plant_id, entry.url) for entry in world.ours) == [
        (plant_id, world.webhook_url) for plant_id in world.plant_ids
    ]


def test_a_run_that_follows_a_first_consent_within_the_second_knows_of_it() -> None:
    world = World(in_memory=True)
    world.configure()
    world.later()
    world.secrets._lag = LAG
    assert world.consent().outcome == "healthy"
    assert world.run().outcome == "healthy"


def test_a_first_consent_uses_the_tokens_that_it_was_given(world: World) -> None:
    world.configure()
    world.late_reads = True

    report = world.consent()

    assert report.outcome == "healthy", report
    assert world.tokens()["refresh_token"] == world.provider.login.newest_refresh_token
    assert "AWSPENDING" not in json.dumps(world.secrets.describe_secret(SecretId=world.tokens_arn), default=str)


def test_reads_that_come_late_are_played(world: World) -> None:
    """What the tests above would not notice if it were not so."""
    world.configure()
    world.consent()
    world.late_reads = True
    secrets = world.keeper()._dependencies.secrets
    held = secrets.newest(world.tokens_arn)
    secrets.keep_pending(world.tokens_arn, "{}", before=held)

    assert secrets.newest(world.tokens_arn) == held
    assert world.secrets.get_secret_value(SecretId=world.tokens_arn, VersionStage="AWSPENDING")["SecretString"] == "{}"
