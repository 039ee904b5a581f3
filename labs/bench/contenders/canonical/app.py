"""Canonical: what the documentation of Powertools for AWS Lambda leads to, with its own pieces for each concern.

HTTP resolver with validation, Parser's models, Tracer, Idempotency on DynamoDB, Logger, Metrics: see
https://docs.aws.amazon.com/powertools/python/latest/ (core/event_handler/api_gateway, utilities/idempotency).
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.serialization.pydantic import PydanticSerializer
from aws_lambda_powertools.utilities.parser import BaseModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field


class Value(BaseModel):
    """A measured or wanted value."""

    value: str
    unit: str


class Measure(Value):
    """A value with its instant."""

    timeStamp: str  # noqa: N815 - the provider's name


class Instrument(BaseModel):
    """A thermometer or hygrometer."""

    measures: list[Measure]


class Module(BaseModel):
    """The thermostat's id."""

    id: str


class Plant(BaseModel):
    """The plant's id."""

    id: str
    module: Module


class Sender(BaseModel):
    """Who says it."""

    plant: Plant


class Status(BaseModel):
    """One thermostat status."""

    function: str
    mode: str
    time: str
    set_point: Value = Field(alias="setPoint")
    load_state: str = Field(alias="loadState")
    thermometer: Instrument
    hygrometer: Instrument
    sender: Sender


class Data(BaseModel):
    """What an envelope holds."""

    chronothermostats: list[Status]


class Envelope(BaseModel):
    """One event."""

    id: str
    data: Data


class Stored(BaseModel):
    """What became of an event."""

    module_id: str


tracer = Tracer()
logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE_NAME"])
config = IdempotencyConfig(event_key_jmespath="id")


@tracer.capture_method
@idempotent_function(  # type: ignore[untyped-decorator] # the library's own decorator
    data_keyword_argument="envelope",
    config=config,
    persistence_store=persistence,
    output_serializer=PydanticSerializer(Stored),
)
def store(envelope: Envelope) -> Stored:
    """Store the first status of an event, once per event id."""
    status = envelope.data.chronothermostats[0]
    module_id = status.sender.plant.module.id
    item = {"pk": f"MODULE#{module_id}", "sk": f"READING#{status.time}", **status.model_dump()}
    table.put_item(Item=item)
    metrics.add_metric(name="ReadingsStored", unit=MetricUnit.Count, value=1)
    return Stored(module_id=module_id)


@app.post("/notifications/<secret>")
@tracer.capture_method
def notify(secret: str, envelopes: list[Envelope]) -> dict[str, int]:
    """Store each event."""
    for envelope in envelopes:
        store(envelope=envelope)
    logger.info("notification_stored")
    return {"stored": len(envelopes)}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Resolve the route."""
    config.register_lambda_context(context)
    return app.resolve(event, context)
