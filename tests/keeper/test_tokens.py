"""The life of tokens: saved before use, renewed in time, by one run at a time; a person is called when needed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from labs.simulation.effects import Effects
from sandbox.legrand.account.faults import Fault
from sandbox.legrand.variants import USUAL
from smarther.aws.secrets_manager import SecretsError
from smarther.keeper.lease import LIFE
from smarther.keeper.run import RunRequest
from smarther.store.keeper_items import KeeperNotes, Leases
from smarther.store.listings import Listings
from tests.keeper.conftest import consented

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_report import Report
    from tests.support.world import World

REFRESH = "POST login.example /token"
LIST = "GET api.example /subscription"


@pytest.fixture
def home_on_moto(world_on_moto: World) -> World:
    """As `home`. A test may write odd secrets here, and ask for all versions of one."""
    return consented(world_on_moto)


def reasons(report: Report) -> list[str]:
    return [person.reason for person in report.person]


def refreshes(world: World) -> int:
    return world.provider.calls.by_operation().get("token", 0)


def spoil(world: World, operation: str, status: int, **more: object) -> None:
    world.provider.faults.add(Fault(operation, status, **more))  # type: ignore[arg-type] # the fault's own fields


# ---- the ordinary way


def test_before_consent_the_webhook_is_ready_and_the_owner_is_told_what_to_do(world: World) -> None:
    assert reasons(world.run()) == ["credentials_missing", "consent_missing"]
    world.configure()
    assert reasons(world.run()) == ["consent_missing"]
    assert world.push(world.webhook_url, b"[]", world.new_receiver())[0] == 200
    assert world.provider.calls.by_operation() == {}


def test_consent_ends_with_every_plant_subscribed(home: World) -> None:
    report = KeeperNotes(home.table).report()

    assert report is not None
    assert (report.consent, report.outcome) == ("accepted", "healthy")
    assert [plant.subscription for plant in report.plants] == ["created", "created"]
    thermostats = [each.id for plant in home.plant_ids for each in home.provider.homes.plants[plant].modules]
    assert report.actions == (
        "webhook_secret_made",
        "tokens_renewed",
        "consent_accepted",
        *(f"subscription_created {plant_id}" for plant_id in home.plant_ids),
        *(f"first_word {module_id}" for module_id in thermostats),
    )
    assert all(plant.name for plant in report.plants)
    assert sorted(entry.plant_id for entry in home.ours) == home.plant_ids
    assert len(Listings(home.table).directory().modules) == 3


def test_tokens_are_renewed_at_every_run_of_the_schedule_and_the_newest_is_in_use(home: World) -> None:
    for _ in range(3):
        home.later()
        report = home.run()
        assert report.tokens is not None
        assert report.tokens.refreshed
        assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token
    assert refreshes(home) == 4


@pytest.mark.parametrize(("minutes", "renewed"), [(19, False), (20, True), (21, True)])
def test_tokens_are_renewed_forty_minutes_before_their_end(home: World, minutes: int, *, renewed: bool) -> None:
    home.later(timedelta(minutes=minutes))
    report = home.run()

    assert report.tokens is not None
    assert (report.tokens.refreshed, "tokens_renewed" in report.actions) == (renewed, renewed)


def test_a_run_that_has_lost_its_lease_does_not_use_up_a_consents_code(home: World) -> None:
    """Its tokens would race with those of the run that holds the lease now, and the code is good once."""
    home.effects = Effects()
    stolen: list[bool] = []

    def steal(name: str) -> None:
        if name == "GetSecretValue" and not stolen:
            stolen.append(Leases(home.table).take("another", now=home.clock.now() + LIFE, life=LIFE))

    home.effects.meanwhile = steal
    before = refreshes(home)

    assert home.run(consent={"code": home.code()}).outcome == "busy"
    assert stolen == [True]
    assert refreshes(home) == before


def test_runs_in_quick_succession_renew_nothing(home: World) -> None:
    """Secrets Manager advises against writing a secret more than once in ten minutes for long."""
    for _ in range(4):
        home.later(timedelta(minutes=4))
        assert home.run().outcome == "healthy"
    assert refreshes(home) == 1


def test_new_tokens_are_saved_before_anything_uses_them_and_in_force_after_one_good_call(home: World) -> None:
    home.later()
    home.effects = Effects()
    home.run()

    names = home.effects.names
    assert names.index(REFRESH) < names.index("PutSecretValue") < names.index(LIST)
    assert names.index(LIST) < names.index("UpdateSecretVersionStage")
    assert names.index("PutSecretValue") == names.index(REFRESH) + 1


def test_tokens_that_somebody_else_wrote_are_taken_as_they_are(home_on_moto: World) -> None:
    home_on_moto.later(timedelta(hours=2))
    theirs = {"access_token": "x", "refresh_token": home_on_moto.tokens()["refresh_token"], "expires_at": 0}
    home_on_moto.secrets.put_secret_value(SecretId=home_on_moto.tokens_arn, SecretString=json.dumps(theirs))

    assert home_on_moto.run().outcome == "healthy"
    assert home_on_moto.tokens()["refresh_token"] == home_on_moto.provider.login.newest_refresh_token


def test_a_year_goes_by_without_anybody(home: World) -> None:
    """Every tenth day is enough to see it: the refresh token lives ninety, the client secret 365."""
    for _ in range(33):
        home.later(timedelta(days=10))
        assert home.run().outcome == "healthy"
    home.later(timedelta(days=10))
    assert reasons(home.run()) == ["client_secret_birthday"]


# ---- a refused access token


def test_a_refused_access_token_is_renewed_once(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=False)

    report = home.run()

    assert report.outcome == "healthy"
    assert refreshes(home) == 2
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


def test_a_list_that_fails_in_passing_right_after_a_renewal_blames_no_token(home: World) -> None:
    def renewed(effect: str) -> None:
        if effect == REFRESH:
            spoil(home, "list", 503, times=2)

    home.provider.login.revoke(access=True, refresh=False)
    home.effects.meanwhile = renewed

    report = home.run()

    assert (report.outcome, reasons(report)) == ("degraded", [])
    assert refreshes(home) == 2


def test_a_fresh_token_that_is_refused_as_well_is_a_person_s_business(home: World) -> None:
    spoil(home, "list", 401, times=None)

    report = home.run()

    assert reasons(report) == ["access_refused"]
    assert refreshes(home) == 2
    assert {plant.subscription for plant in report.plants} == {"unknown"}


def test_a_run_that_has_renewed_its_tokens_does_not_do_so_again(home: World) -> None:
    home.later()
    spoil(home, "list", 401, times=None)

    assert reasons(home.run()) == ["access_refused"]
    assert refreshes(home) == 2


def test_an_access_that_is_refused_costs_one_refresh_a_run_and_is_over_when_it_is_taken(home: World) -> None:
    spoil(home, "list", 401, times=None)
    for _ in range(3):
        assert reasons(home.run()) == ["access_refused"]
        home.later()
    assert refreshes(home) <= 4

    home.provider.faults.clear()

    assert home.run().outcome == "healthy"
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


@pytest.mark.shows("key suspended")
def test_a_refused_key_is_told_as_such_and_costs_no_refresh(home: World) -> None:
    before = refreshes(home)
    home.configure(subscription_key="not the key")

    for _ in range(3):
        assert reasons(home.run()) == ["subscription_key_refused"]
    assert refreshes(home) == before

    home.configure()
    assert home.run().outcome == "healthy"


@pytest.mark.shows("key suspended")
def test_new_tokens_are_not_proven_by_an_api_that_looks_at_the_key_alone(home: World) -> None:
    home.later()
    home.configure(subscription_key="suspended")

    assert reasons(home.run()) == ["subscription_key_refused"]
    assert home.tokens("AWSPENDING")["refresh_token"] == home.provider.login.newest_refresh_token

    home.configure()
    assert home.run().outcome == "healthy"
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


# ---- pending versions


def test_tokens_that_could_not_be_proven_are_proven_by_the_next_run(home: World) -> None:
    home.later()
    spoil(home, "list", 500, times=2)

    assert home.run().outcome == "degraded"
    assert home.tokens("AWSPENDING")["refresh_token"] == home.provider.login.newest_refresh_token

    home.later(timedelta(minutes=5))
    assert home.run().outcome == "healthy"
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token
    assert refreshes(home) == 2


def test_a_pending_access_token_that_has_ended_is_renewed_from(home: World) -> None:
    home.later()
    spoil(home, "list", 500, times=2)
    home.run()
    home.later(timedelta(hours=3))

    report = home.run()

    assert report.outcome == "healthy"
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


def test_there_is_never_more_than_one_pending_version(home_on_moto: World) -> None:
    """An emulator of Secrets Manager leaves the label where it was; the real one moves it. Neither is relied on."""
    home_on_moto.later()
    spoil(home_on_moto, "list", 500, times=2)
    home_on_moto.run()
    home_on_moto.later(timedelta(hours=3))
    labels: list[int] = []

    def look(name: str) -> None:
        if name == "PutSecretValue":
            stages = home_on_moto.secrets.describe_secret(SecretId=home_on_moto.tokens_arn)[
                "VersionIdsToStages"
            ].values()
            labels.append(sum("AWSPENDING" in stage for stage in stages))

    home_on_moto.effects.meanwhile = look
    home_on_moto.run()

    assert labels == [0]


# ---- one at a time


def test_a_second_run_is_turned_away_at_every_moment_of_the_first(home: World) -> None:
    home.later()
    outcomes: set[str] = set()
    held = False

    def another(name: str) -> None:
        nonlocal held
        if held and name != "DeleteItem":
            other = home.keeper(Effects())
            outcomes.add(other.run(RunRequest()).outcome)
            home.keeper(home.effects)  # the client's gate is the first run's again
        held = True

    home.effects = Effects()
    home.effects.meanwhile = another
    assert home.run().outcome == "healthy"

    assert outcomes == {"busy"}
    assert refreshes(home) == 2


def test_consent_waits_for_a_run_that_is_under_way(home: World) -> None:
    assert Leases(home.table).take("another", now=home.clock.now(), life=timedelta(seconds=5))

    report = home.consent()

    assert report.consent == "accepted"


def test_consent_does_not_wait_for_ever(home: World) -> None:
    assert Leases(home.table).take("another", now=home.clock.now(), life=LIFE)
    tokens = home.tokens()

    assert home.consent().outcome == "busy"
    assert home.tokens() == tokens


def test_a_run_that_has_lost_its_lease_renews_nothing(home: World) -> None:
    home.later()

    def stolen(name: str) -> None:
        if name == "GetSecretValue" and not stolen_already:
            stolen_already.append(True)
            Leases(home.table).take("a thief", now=home.clock.now() + LIFE, life=LIFE)

    stolen_already: list[bool] = []
    home.effects.meanwhile = stolen

    assert home.run().outcome == "busy"
    assert refreshes(home) == 1


# ---- failures that pass


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_login_that_fails_in_passing_costs_nothing_while_the_token_lives(home: World, status: int) -> None:
    home.later()
    spoil(home, "token", status, times=2)

    report = home.run()

    assert (report.outcome, reasons(report)) == ("degraded", [])
    assert {plant.subscription for plant in report.plants} == {"healthy"}
    home.later()
    home.provider.faults.clear()
    assert home.run().outcome == "healthy"


def test_a_login_that_asks_for_patience_gets_it(home: World) -> None:
    home.later()
    spoil(home, "token", 429, headers={"Retry-After": "1200"})
    home.run()
    before = refreshes(home)

    home.later(timedelta(minutes=19))
    assert home.run().outcome == "degraded"
    assert refreshes(home) == before
    home.later(timedelta(minutes=2))
    assert home.run().outcome == "healthy"


@pytest.mark.parametrize("body", ["<html>hello</html>", [], {"expires_in": 3600}])
def test_an_answer_of_the_login_that_makes_no_sense_is_tried_again(home: World, body: object) -> None:
    home.later()
    spoil(home, "token", 200, body=body)

    report = home.run()

    assert (report.outcome, reasons(report)) == ("degraded", [])
    home.later()
    assert home.run().outcome == "healthy"


@pytest.mark.shows("Secrets Manager is down")
def test_a_vault_that_is_out_of_order_for_a_while_loses_no_token(home: World) -> None:
    home.later()
    fails = 4

    def out_of_order(name: str) -> None:
        nonlocal fails
        if name == "PutSecretValue" and fails:
            fails -= 1
            raise ClientError({"Error": {"Code": "InternalServiceError", "Message": ""}}, name)

    home.effects.meanwhile = out_of_order

    assert home.run().outcome == "healthy"
    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


def test_a_run_that_aws_fails_gives_its_lease_back_and_fails_itself(home: World) -> None:
    home.later()

    def out_of_order(name: str) -> None:
        if name == "GetSecretValue":
            raise ClientError({"Error": {"Code": "InternalServiceError", "Message": ""}}, name)

    home.effects.meanwhile = out_of_order
    with pytest.raises(SecretsError):
        home.run()

    home.effects = Effects()
    assert home.run().outcome == "healthy"


# ---- a person is needed


EXPIRED_GRANT = {"error": "invalid_grant", "error_description": "AADB2C90080: The provided grant has expired."}
EXPIRED_SECRET = {"error": "invalid_grant", "error_description": "AADB2C90085: internal error."}


@pytest.mark.parametrize(
    ("operation", "status", "body", "reason"),
    [
        ("token", 400, EXPIRED_GRANT, "consent_expired"),
        ("token", 400, EXPIRED_SECRET, "client_secret_expired"),
        ("token", 401, {"error": "invalid_client"}, "credentials_refused"),
        ("list", 469, None, "app_password_expired"),
        ("list", 470, None, "app_terms"),
    ],
)
def test_each_reason_for_a_person_is_reported_with_its_remedy_and_ends_with_its_cause(
    home: World, operation: str, status: int, body: object, reason: str
) -> None:
    home.later()
    spoil(home, operation, status, body=body, times=None)

    report = home.run()
    assert (report.outcome, reasons(report)) == ("needs_person", [reason])
    assert report.person[0].do

    home.provider.faults.clear()
    home.configure()  # for the login a new version of the credentials is what makes it worth asking again
    home.later(timedelta(hours=1))
    assert home.run().outcome == "healthy"


def test_the_app_s_demands_do_not_make_good_tokens_bad(home: World) -> None:
    """469 comes from behind the gateway, which has let the token in."""
    home.later()
    spoil(home, "list", 469, times=None)
    home.run()

    assert home.tokens()["refresh_token"] == home.provider.login.newest_refresh_token


def test_a_refusal_for_good_is_not_repeated_every_half_hour(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=True)
    for _ in range(11):
        report = home.run()
        assert reasons(report) == ["consent_expired"]
        home.later()
    assert refreshes(home) == 2
    for _ in range(3):
        home.run()
        home.later()
    assert refreshes(home) == 3


def test_a_new_client_secret_is_tried_at_once(home: World) -> None:
    spoil(home, "token", 400, body=EXPIRED_SECRET)
    home.later()
    assert reasons(home.run()) == ["client_secret_expired"]
    before = refreshes(home)

    home.configure()

    assert home.run().outcome == "healthy"
    assert refreshes(home) == before + 1


def test_consent_given_again_mends_what_was_refused(home: World) -> None:
    home.provider.login.revoke(access=True, refresh=True)
    assert reasons(home.run()) == ["consent_expired"]

    assert home.consent().outcome == "healthy"
    home.later()
    assert home.run().outcome == "healthy"


def test_while_the_login_refuses_everything_else_works_until_the_access_token_expires(home: World) -> None:
    home.later()
    home.provider.login.revoke(access=False, refresh=True)
    for entry in home.ours:
        home.provider.subscriptions.remove(entry.plant_id, entry.id)

    report = home.run()

    assert reasons(report) == ["consent_expired"]
    assert [plant.subscription for plant in report.plants] == ["created", "created"]


@pytest.mark.parametrize(
    ("body", "status", "consent", "reason"),
    [
        (EXPIRED_GRANT, 400, "refused", []),
        ({"error": "invalid_request"}, 400, "refused", []),
        (EXPIRED_SECRET, 400, "not_configured", ["client_secret_expired"]),
        ({"error": "invalid_client"}, 400, "not_configured", ["credentials_refused"]),
        (None, 503, "unavailable", []),
        ("<html>", 200, "unavailable", []),
        ({"access_token": "without refresh token"}, 200, "unavailable", []),
    ],
)
def test_a_code_that_cannot_be_exchanged_leaves_the_tokens_there_are(
    home: World, body: object, status: int, consent: str, reason: list[str]
) -> None:
    tokens = home.tokens()
    spoil(home, "token", status, body=body)

    report = home.consent()

    assert (report.consent, reasons(report)) == (consent, reason)
    assert home.tokens() == tokens
    assert {plant.subscription for plant in report.plants} == {"healthy"}


def test_consent_without_credentials_is_told_so(world: World) -> None:
    report = world.consent()

    assert report.consent == "not_configured"
    assert reasons(report)[0] == "credentials_missing"


@pytest.mark.parametrize("secret", ["hunter2", "{}", '{"client_id": "hunter2"}'])
def test_credentials_that_make_no_sense_are_asked_for_and_not_shown(home_on_moto: World, secret: str) -> None:
    home_on_moto.secrets.put_secret_value(SecretId=home_on_moto.credentials_arn, SecretString=secret)

    report = home_on_moto.run()

    assert reasons(report) == ["credentials_missing"]
    assert "hunter2" not in report.model_dump_json()


def test_tokens_that_make_no_sense_are_asked_for_and_not_shown(home_on_moto: World) -> None:
    home_on_moto.secrets.put_secret_value(
        SecretId=home_on_moto.tokens_arn, SecretString="hunter2", VersionStages=["AWSPENDING"]
    )

    report = home_on_moto.run()

    assert reasons(report) == ["consent_missing"]
    assert "hunter2" not in report.model_dump_json()


@pytest.mark.shows("failures carry no secret")
def test_no_report_holds_a_secret(home_on_moto: World) -> None:
    home_on_moto.later()
    spoil(home_on_moto, "subscribe", 500, times=None)
    for entry in home_on_moto.ours:
        home_on_moto.provider.subscriptions.remove(entry.plant_id, entry.id)
    told = home_on_moto.run(rotate_webhook=True).model_dump_json()
    item = home_on_moto.dynamodb.get_item(TableName="readings", Key={"pk": {"S": "KEEPER"}, "sk": {"S": "REPORT"}})
    secrets = [*home_on_moto.tokens().values(), *home_on_moto.webhook().values()]

    assert not [secret for secret in secrets if isinstance(secret, str) and len(secret) > 40 and secret in told]
    assert not [secret for secret in secrets if isinstance(secret, str) and len(secret) > 40 and secret in str(item)]


@pytest.mark.shows("no access token")
@pytest.mark.parametrize("odd", [{"missing": True}, {"value": None}, {"value": ""}, {"value": 5}, {"value": "a\nb"}])
@pytest.mark.parametrize("consent", [True, False])
def test_a_refresh_token_without_an_access_token_is_kept_and_used(
    home: World, odd: dict[str, Any], *, consent: bool
) -> None:
    """The one before it ended when it was issued."""
    home.later(timedelta(hours=2))
    home.provider.faults.add(Fault("token", place=("access_token",), **odd))

    report = home.consent() if consent else home.run()

    assert "the login's answer holds no access token" in report.troubles
    assert report.person == ()
    assert home.provider.login.newest_refresh_token in {home.tokens()["refresh_token"], pending(home)}
    home.later()
    assert home.run().outcome == "healthy"


def pending(world: World) -> str | None:
    try:
        return str(world.tokens("AWSPENDING")["refresh_token"])
    except world.secrets.exceptions.ResourceNotFoundException:
        return None


@pytest.mark.parametrize("name", ["expires_in", "expires_on", "refresh_token_expires_in", "not_before", "scope"])
@pytest.mark.parametrize("odd", [10**400, -1, "soon", "1e999", [], None, True])
def test_no_other_field_of_a_token_answer_costs_anything(home: World, name: str, odd: object) -> None:
    home.later(timedelta(hours=2))
    home.provider.use_variants(USUAL)
    home.provider.faults.add(Fault("token", place=(name,), value=odd))

    assert home.run().outcome == "healthy"
    assert home.provider.login.newest_refresh_token == home.tokens()["refresh_token"]
