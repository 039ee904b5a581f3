import pytest
from pydantic import ValidationError

from sandbox.legrand.account.answer import Answer
from sandbox.legrand.account.faults import KNOWN, Fault, FaultBook
from sandbox.legrand.http.control_orders import FaultOrder
from tests.sandbox.legrand.account import Account


def listing(account: Account) -> Answer:
    return account.call("GET", "/subscription")


@pytest.mark.parametrize("status", [400, 404, 408, 469, 470, 486, 500, 503])
def test_a_fault_answers_in_place_of_the_operation_once(account: Account, status: int) -> None:
    account.provider.faults.add(Fault("list", status))

    faulty = listing(account)
    assert (faulty.status, faulty.value["statusCode"]) == (status, status)
    assert listing(account).status == 200


def test_a_rate_limit_says_when_to_come_back(account: Account) -> None:
    account.provider.faults.add(Fault("token", 429))
    answer = account.refresh("any")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    assert answer.value["message"] == "Rate limit is exceeded. Try again in 60 seconds."


def test_a_fault_of_one_operation_leaves_the_others_alone(account: Account) -> None:
    account.provider.faults.add(Fault("list", 500))
    assert account.call("GET", "/plants").status == 200
    assert listing(account).status == 500


def test_a_fault_can_be_for_every_operation_and_for_several_times(account: Account) -> None:
    account.provider.faults.add(Fault("*", 500, times=2))
    statuses = [account.call("GET", "/plants").status, listing(account).status, listing(account).status]
    assert statuses == [500, 500, 200]


def test_a_fault_can_last_until_it_is_cleared(account: Account) -> None:
    account.provider.faults.add(Fault("list", 500, times=None))
    assert [listing(account).status for _ in range(30)] == [500] * 30
    account.provider.faults.clear()
    assert listing(account).status == 200


def test_faults_come_in_the_order_in_which_they_were_added(account: Account) -> None:
    account.provider.faults.add(Fault("list", 500))
    account.provider.faults.add(Fault("list", 408))
    assert [listing(account).status for _ in range(3)] == [500, 408, 200]


def test_before_the_effect_nothing_happens(account: Account) -> None:
    account.provider.faults.add(Fault("subscribe", 500))
    assert account.subscribe(account.plant_ids()[0]).status == 500
    assert account.subscribe(account.plant_ids()[0]).status == 201


def test_after_the_effect_only_the_answer_is_lost(account: Account) -> None:
    account.provider.faults.add(Fault("subscribe", 500, after_effect=True))
    assert account.subscribe(account.plant_ids()[0]).status == 500
    assert account.subscribe(account.plant_ids()[0]).status == 409


def test_a_lost_refresh_leaves_the_old_token_revoked(account: Account) -> None:
    token = account.log_in()["refresh_token"]
    account.provider.faults.add(Fault("token", drop=True, after_effect=True))

    assert account.refresh(token).dropped
    assert account.refresh(token).status == 400


def test_a_dropped_line_before_the_effect_leaves_the_token_as_it_was(account: Account) -> None:
    token = account.log_in()["refresh_token"]
    account.provider.faults.add(Fault("token", drop=True))

    assert account.refresh(token).dropped
    assert account.refresh(token).status == 200


def test_an_answer_need_not_be_json(account: Account) -> None:
    account.provider.faults.add(Fault("subscribe", 201, body="<h1>Created</h1>", after_effect=True))
    answer = account.subscribe(account.plant_ids()[0])
    assert (answer.status, answer.content) == (201, b"<h1>Created</h1>")
    with pytest.raises(ValueError, match="Expecting value"):
        _ = answer.value


def test_a_fault_can_bring_its_own_body_and_headers(account: Account) -> None:
    account.provider.faults.add(Fault("list", 401, body={"message": "x", "code": 11}, headers={"X-Cause": "test"}))
    answer = listing(account)
    assert (answer.value, answer.headers) == ({"message": "x", "code": 11}, {"X-Cause": "test"})


def test_a_delay_alone_leaves_the_answer_true(account: Account) -> None:
    account.provider.faults.add(Fault("list", delay_ms=1500))
    answer = listing(account)
    assert (answer.status, answer.delay_ms) == (200, 1500)


# One odd place in a true answer


def test_one_place_of_the_true_answer_can_be_odd(account: Account) -> None:
    true = account.call("GET", "/plants").value
    account.provider.faults.add(Fault("plants", place=("plants", 1, "name"), value="Cucina \ud83d"))

    odd = account.call("GET", "/plants")
    assert odd.status == 200
    assert odd.value["plants"][1] == {**true["plants"][1], "name": "Cucina \ud83d"}
    assert odd.value["plants"][0] == true["plants"][0]
    assert account.call("GET", "/plants").value == true


def test_one_place_of_the_true_answer_can_be_missing(account: Account) -> None:
    account.provider.faults.add(Fault("plants", place=("plants", 0, "id"), missing=True))
    account.provider.faults.add(Fault("plants", place=("plants", 0), missing=True))
    without_id, without = (account.call("GET", "/plants").value["plants"] for _ in range(2))
    assert ["id" in plant for plant in without_id] == [False, True]
    assert len(without) == 1


def test_the_whole_answer_is_a_place_and_a_status_goes_with_it(account: Account) -> None:
    account.provider.faults.add(Fault("plants", 203, place=(), value=None))
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.content) == (203, b"null")


@pytest.mark.parametrize("place", [("plant",), ("plants", 9), ("plants", "0"), ("plants", 0, "id", "x")])
def test_a_place_that_the_answer_does_not_have_leaves_it_true(account: Account, place: tuple[str | int, ...]) -> None:
    true = account.call("GET", "/plants").content
    account.provider.faults.add(Fault("plants", place=place, value="odd"))
    assert account.call("GET", "/plants").content == true


def test_a_true_answer_can_bear_odd_headers(account: Account) -> None:
    account.provider.faults.add(Fault("plants", headers={"Retry-After": "-1"}))
    answer = account.call("GET", "/plants")
    assert (answer.status, answer.headers["Retry-After"], len(answer.value["plants"])) == (200, "-1", 2)


def test_a_fault_can_be_about_one_plant(account: Account) -> None:
    first, second = account.plant_ids()
    account.provider.faults.add(Fault("topology", 404, about=second))
    assert [account.call("GET", f"/plants/{each}/topology").status for each in (first, second)] == [200, 404]


def test_a_faulty_call_is_in_the_log_and_in_the_quota(account: Account) -> None:
    account.provider.faults.add(Fault("list", 500))
    account.provider.faults.add(Fault("list", drop=True))
    listing(account)
    listing(account)
    assert [call.status for call in account.provider.calls.since()[-2:]] == [500, 0]
    assert account.provider.quota.calls_today == 2


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"operation": "reboot", "status": 500}, "no operation 'reboot'"),
        ({"operation": "list"}, "needs a status"),
        ({"operation": "list", "status": 500, "times": 0}, "at least 1"),
        ({"operation": "list", "place": (0,), "drop": True}, "neither drop nor body"),
        ({"operation": "list", "place": (0,), "body": {}}, "neither drop nor body"),
        ({"operation": "list", "status": 500, "missing": True}, "needs a place"),
        ({"operation": "list", "place": (), "missing": True}, "not the whole answer"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fault: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Fault(**fault)  # type: ignore[arg-type] # wrong on purpose


def test_pending_faults_can_be_looked_at() -> None:
    book = FaultBook()
    book.add(Fault("list", 500, times=3))
    book.answer("list", lambda: Answer(200))
    assert [fault.times for fault in book.pending()] == [2]


PLAYED = [
    ("gone", 410, ""),
    ("base_not_found", 404, "Resource not found"),
    ("moved", 301, ""),
    ("announced", 200, "EndPointUrl"),
    ("announced_as_drafts_had_it", 200, "EndPointUrl"),
    ("key_suspended", 401, "subscription key"),
    ("other_form", 200, "attributes"),
    ("page_for_people", 200, "<html>"),
]


def test_every_known_fault_is_played() -> None:
    assert [known for known, *_ in PLAYED] == list(KNOWN)


@pytest.mark.shows("subscription key is not taken", "end of the API")
@pytest.mark.parametrize(("known", "status", "words"), PLAYED)
def test_known_faults_are_ordered_by_name(account: Account, known: str, status: int, words: str) -> None:
    account.provider.faults.add(FaultOrder.model_validate({"known": known}).fault())
    for _ in range(3):
        answer = listing(account)
        assert (answer.status, words in answer.content.decode()) == (status, True)


def test_a_known_fault_may_be_of_one_operation_alone(account: Account) -> None:
    account.provider.faults.add(FaultOrder.model_validate({"known": "gone", "operation": "list"}).fault())
    assert account.call("GET", "/plants").status == 200
    assert listing(account).status == 410


@pytest.mark.parametrize(
    "order", [{}, {"known": "nobody"}, {"known": "gone", "status": 500}, {"known": "gone", "operation": "nobody"}]
)
def test_an_order_of_a_fault_that_makes_no_sense_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FaultOrder.model_validate(order)
