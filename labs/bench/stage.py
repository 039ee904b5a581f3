"""The DynamoDB of a benchmark: the sandbox's, with the template's table, behind TLS as on AWS."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

from labs.bench import front, notifications, places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labs.bench.artefacts import Artefact

TABLE = "readings"
IDEMPOTENCY_TABLE = "idempotency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A DynamoDB behind TLS: its server, the environment variables for a function, and a client."""

    front: front.Front
    environment: Mapping[str, str]
    client: Any

    def with_trust(self, artefact: Artefact) -> Artefact:
        """The artefact, trusting this stage: through its own bundles if it has any, else through the SDK's variable."""
        if artefact.trust(self.front.authority):
            return artefact
        return replace(artefact, environment={**artefact.environment, "AWS_CA_BUNDLE": str(self.front.bundle)})


@contextmanager
def cloud() -> Iterator[Stage]:
    """The local cloud's DynamoDB, with new tables and the digest of one webhook secret."""
    from sandbox.running import cloud as local_cloud  # noqa: PLC0415 - it reads SANDBOX_FOLDER when imported
    from sandbox.running import processes  # noqa: PLC0415 - as above

    processes.stop_all()
    running = local_cloud.start()
    try:
        client = running.client("dynamodb")
        _create_tables(client)
        port = int(running.endpoint_url.rpartition(":")[2])
        with serving(front.forwarding(port), client) as stage:
            yield stage
    finally:
        processes.stop_all()


@contextmanager
def serving(backend: front.Backend, client: Any = None) -> Iterator[Stage]:
    """A stage with any backend."""
    authorities = places.RUNTIME_PACKAGES / "botocore" / "cacert.pem"
    with front.front(backend, places.WORK / "tls", authorities) as running:
        environment = {
            "TABLE_NAME": TABLE,
            "AWS_ENDPOINT_URL": running.url,
            "SPILL_QUEUE_URL": f"{running.url}/000000000000/spill",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        }
        yield Stage(front=running, environment=environment, client=client)


def _create_tables(client: Any) -> None:
    template: dict[str, Any] = yaml_parse((places.PROJECT / "template.yaml").read_text())
    schema = template["Resources"]["Table"]["Properties"]
    client.create_table(
        TableName=TABLE, **{name: schema[name] for name in ("KeySchema", "AttributeDefinitions", "BillingMode")}
    )
    client.create_table(
        TableName=IDEMPOTENCY_TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(
        TableName=TABLE,
        Item={"pk": {"S": "WEBHOOK"}, "sk": {"S": "DIGESTS"}, "current": {"S": notifications.DIGEST}},
    )
