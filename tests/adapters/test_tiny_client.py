"""The tiny client: when it is used, which authorities it trusts, its connections. Its failures: test_faults.py."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from labs.bench import front
from smarther.aws import tiny_client
from smarther.aws.json_connection import Address
from smarther.aws.service_call import ServiceFailedError, call
from smarther.aws.timeouts import Timeouts
from tests.support.faulty_service import Answer, FaultyService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    type Connect = Callable[..., tiny_client.TinyClient]

TIMEOUTS = Timeouts(connect_seconds=2.0, read_seconds=2.5)
USUAL = {"AWS_REGION": "eu-south-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "confidential"}


@pytest.fixture
def connect() -> Iterator[Connect]:
    made = []

    def connect(service: str = "dynamodb", **environ: str) -> tiny_client.TinyClient:
        made.append(tiny_client.TinyClient(service, TIMEOUTS, {**USUAL, **environ}))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.mark.parametrize(
    ("change", "usual"),
    [
        ({}, True),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-gov-west-1"}, True),
        ({"AWS_SESSION_TOKEN": "token"}, True),
        ({"AWS_ACCESS_KEY_ID": ""}, False),
        ({"AWS_SECRET_ACCESS_KEY": ""}, False),
        ({"AWS_REGION": ""}, False),
        ({"AWS_REGION": "cn-north-1"}, False),
        ({"AWS_REGION": "us-isob-east-1"}, False),
        ({"AWS_REGION": "eusc-de-east-1"}, False),
        ({"HTTPS_PROXY": "http://proxy.example.com"}, False),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, False),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, False),
    ],
)
def test_what_is_not_usual_is_left_to_botocore(
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    usual: bool,  # noqa: FBT001 - a parameter
) -> None:
    environ = {**USUAL, **change}
    assert tiny_client.is_usual(environ) is usual
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    made = tiny_client.client("dynamodb", TIMEOUTS, environ)
    assert isinstance(made, tiny_client.TinyClient) is usual
    made.close()


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, Address(secure=True, host="dynamodb.eu-south-1.amazonaws.com")),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, Address(secure=False, host="127.0.0.1", port=1)),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB": "https://b/"},
            Address(secure=True, host="b"),
        ),
        ({"AWS_ENDPOINT_URL_SQS": "http://b"}, Address(secure=True, host="dynamodb.eu-south-1.amazonaws.com")),
    ],
)
def test_the_address_is_the_one_that_aws_clients_take(
    connect: Connect, environ: dict[str, str], address: Address
) -> None:
    assert connect(**environ)._address == address


@pytest.mark.parametrize("service", ["dynamodb", "sqs"])
@pytest.mark.parametrize("region", ["eu-south-1", "us-east-1", "us-gov-west-1", "ap-southeast-5", "mx-central-1"])
def test_the_default_address_is_botocores(monkeypatch: pytest.MonkeyPatch, service: str, region: str) -> None:
    import botocore.session  # noqa: PLC0415 - the one test that asks it

    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    environ = {**USUAL, "AWS_REGION": region}
    theirs = botocore.session.get_session().create_client(service)
    ours = tiny_client.TinyClient(service, TIMEOUTS, environ)
    assert f"https://{ours._address.authority}" == theirs.meta.endpoint_url


def test_one_connection_is_kept_open(service: FaultyService, connect: Connect) -> None:
    client = connect(AWS_ENDPOINT_URL=service.url)
    client.put_item(TableName="t")
    (first,) = client._idle
    client.put_item(TableName="t")
    assert list(client._idle) == [first]


def test_a_connection_that_the_service_closes_is_not_kept(service: FaultyService, connect: Connect) -> None:
    client = connect(AWS_ENDPOINT_URL=service.url)
    service.script = [Answer(last=True)]
    client.put_item(TableName="t")
    assert list(client._idle) == []
    client.put_item(TableName="t")
    (second,) = client._idle
    assert second._socket.gettimeout() == TIMEOUTS.read_seconds


def test_after_a_timeout_the_late_answer_meets_nobody(service: FaultyService, connect: Connect) -> None:
    client = tiny_client.TinyClient("dynamodb", Timeouts(connect_seconds=1, read_seconds=0.1), USUAL | url(service))
    service.script = ["hang"]
    service.otherwise = Answer(content={"fresh": True})
    with pytest.raises(ServiceFailedError, match="ReadTimeoutError"):
        client.put_item(TableName="t")
    assert client._idle == type(client._idle)()
    service.released.set()
    assert client.put_item(TableName="t") == {"fresh": True}
    client.close()


def test_calls_may_run_at_the_same_time(service: FaultyService, connect: Connect) -> None:
    client = connect(AWS_ENDPOINT_URL=service.url)
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda number: client.put_item(TableName=str(number)), range(64)))
    assert sorted(int(request["TableName"]) for request in service.requests) == list(range(64))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_an_answer_that_is_no_json_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, service: FaultyService, connect: Connect, content: bytes
) -> None:
    monkeypatch.setattr(Answer, "body", lambda _: content)
    with pytest.raises(ServiceFailedError, match="ResponseParserError"):
        connect(AWS_ENDPOINT_URL=service.url).get_item(TableName="t")


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"__type":7}', b'{"__type":""}'])
def test_a_refusal_without_a_name_is_known_by_its_status(
    monkeypatch: pytest.MonkeyPatch, service: FaultyService, connect: Connect, content: bytes
) -> None:
    monkeypatch.setattr(Answer, "body", lambda _: content)
    service.otherwise = Answer(403)
    with pytest.raises(ServiceFailedError, match=r"^403$"):
        connect(AWS_ENDPOINT_URL=service.url).get_item(TableName="t")


def test_an_error_of_ours_is_not_taken_for_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise KeyError("ours")

    for loaded in (True, False):
        if not loaded:
            monkeypatch.delitem(sys.modules, "botocore.exceptions")
        with pytest.raises(KeyError, match="ours"):
            call(broken)


# --- whom it trusts ---------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[front.Front]:
    """A service behind TLS, with a certificate of an authority of its own."""
    empty = tmp_path / "none.pem"
    empty.touch()
    with front.front(front.stub("d"), tmp_path, empty) as running:
        yield running


def bundles(monkeypatch: pytest.MonkeyPatch, **authorities: Path | None) -> None:
    found = [None if path is None else str(path) for path in authorities.values()]
    monkeypatch.setattr(tiny_client, "_authorities", lambda _: found)


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """The bundle of an authority that vouches for nobody here."""
    folder = tmp_path / "strange"
    empty = tmp_path / "none"
    empty.touch()
    with front.front(front.stub("d"), folder, empty) as other:
        return other.bundle


def test_it_talks_to_whom_its_authorities_vouch_for(connect: Connect, secure: front.Front) -> None:
    client = connect(AWS_ENDPOINT_URL=secure.url, AWS_CA_BUNDLE=str(secure.bundle))
    assert client.get_item(TableName="t")["Item"] == {"current": {"S": "d"}}
    assert secure.calls == ["GetItem"]


def test_it_talks_to_nobody_else(connect: Connect, secure: front.Front, strange: Path) -> None:
    client = connect(AWS_ENDPOINT_URL=secure.url, AWS_CA_BUNDLE=str(strange))
    with pytest.raises(ServiceFailedError, match="SSLError"):
        client.get_item(TableName="t")
    assert secure.calls == []


def test_whom_the_small_bundle_does_not_know_the_whole_one_may(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, secure: front.Front, strange: Path
) -> None:
    bundles(monkeypatch, small=strange, whole=secure.bundle)
    client = connect(AWS_ENDPOINT_URL=secure.url)
    for _ in range(2):
        assert client.get_item(TableName="t")["Item"]
    bundles(monkeypatch, small=strange, whole=strange)
    with pytest.raises(ServiceFailedError, match="SSLError"):
        connect(AWS_ENDPOINT_URL=secure.url).get_item(TableName="t")


def test_the_bundles_are_amazons_then_the_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "certifi"
    package.mkdir()
    for name in ("__init__.py", "cacert.pem"):
        (package / name).touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "certifi", raising=False)
    whole = str(package / "cacert.pem")
    assert tiny_client._authorities({}) == [whole]
    (package / "amazon.pem").touch()
    assert tiny_client._authorities({}) == [str(package / "amazon.pem"), whole]
    assert tiny_client._authorities({"AWS_CA_BUNDLE": "chosen"}) == ["chosen"]


def test_without_a_bundle_the_systems_authorities_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert tiny_client._authorities({}) == [None]


def url(service: FaultyService) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": service.url}


def test_the_environment_is_read_only_when_it_is_made(service: FaultyService) -> None:
    environ = {**os.environ, **USUAL, **url(service)}
    client: Any = tiny_client.client("dynamodb", TIMEOUTS, environ)
    environ.clear()
    client.put_item(TableName="t")
    client.close()
