"""Questions to the local cloud's DynamoDB, asked inside its own environment; the answers go to standard output as JSON.

`python -m tests.labs.key_lookup_probe`, by the local cloud's interpreter; tests/labs/test_key_lookup.py
reads it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from ministack.services import dynamodb

from labs.bench import key_lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNNER = asyncio.Runner()
KINDS = ("DAY", "HOUR", "READING", "READING#~", "")
NAMES = {"#a": "a", "#b": "b", "#pk": "pk"}
CONDITIONS = (
    *["pk = :p AND sk BETWEEN :x AND :y"] * 6,
    *["pk = :p AND begins_with(sk, :x)"] * 3,
    *("pk = :p", "pk = :p AND sk > :x", "sk BETWEEN :x AND :y AND pk = :p", "sk = :p AND pk BETWEEN :x AND :y"),
    *("pk = :p AND sk BETWEEN :x AND :none", "pk = :p AND begins_with(a, :x)", ""),
)


def ask(operation: str, request: Mapping[str, Any]) -> tuple[int, Any]:
    """What the local cloud answers: status and body."""
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    status, _, body = RUNNER.run(dynamodb.handle_request("POST", "/", headers, json.dumps(request).encode(), {}))
    return status, json.loads(body)


def make_table(name: str) -> None:
    """A table whose keys are strings, as the template's."""
    status, told = ask(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    if status != 200:
        raise RuntimeError(told)


def put(table: str, partition: str, key: str, size: int = 1) -> None:
    """Store an item."""
    item = {"pk": {"S": partition}, "sk": {"S": key}, "a": {"N": str(size)}, "b": {"S": "x" * size}}
    ask("PutItem", {"TableName": table, "Item": item if size % 3 else {**item, "c": {"L": [{"S": "1"}]}}})


def differences(seed: int, count: int) -> dict[str, Any]:
    """Requests of all kinds, in between writes: those that MiniStack itself answers otherwise, and what there was."""
    dice = random.Random(seed)  # noqa: S311 - for variety, not for secrets
    make_table("random")
    found: list[Any] = []
    starts: list[Any] = []
    met: Counter[str] = Counter()
    for _ in range(count):
        key = f"{dice.choice(KINDS)}#{dice.randrange(60):02}"
        partition = dice.choice("PQR")
        match dice.random():
            case chance if chance < 0.25:
                put("random", partition, key, 100_000 if dice.random() < 0.3 else dice.randrange(1, 9))
            case chance if chance < 0.32:
                ask("DeleteItem", {"TableName": "random", "Key": {"pk": {"S": partition}, "sk": {"S": key}}})
            case chance:
                operation = "Scan" if chance < 0.5 else "Query"
                request = _request(dice, operation, starts)
                ours = ask(operation, request)
                theirs = key_lookup._query if operation == "Query" else key_lookup._scan
                status, _, body = theirs(request)
                if ours != (status, json.loads(body)):
                    found.append([operation, request, ours, json.loads(body)])
                met.update({"refused": status != 200, "items": ours[1].get("Count", 0)})
                if start := ours[1].get("LastEvaluatedKey"):
                    starts.append(start)
                    met["ended by size"] += "Limit" not in request
    return {"differences": found[:3], **met}


def _request(dice: random.Random, operation: str, starts: list[Any]) -> dict[str, Any]:
    values = {":x": f"{dice.choice(KINDS)}#{dice.randrange(60):02}", ":y": f"{dice.choice(KINDS)}#{dice.randrange(60)}"}
    values[":p"] = dice.choice("PQRS")
    if dice.random() < 0.7:
        values[":x"], values[":y"] = sorted((values[":x"], values[":y"]))
    request: dict[str, Any] = {"TableName": "random" if dice.random() < 0.98 else "no-such-table"}
    if operation == "Query":
        request["KeyConditionExpression"] = dice.choice(CONDITIONS)
        request["ScanIndexForward"] = dice.random() < 0.5
    elif dice.random() < 0.1:
        request |= {"Segment": 0, "TotalSegments": 2}
    if dice.random() < 0.3:
        request["FilterExpression"] = "a > :a"
    if dice.random() < 0.5:
        request["ProjectionExpression"] = dice.choice(["#a, #b", "#a,#pk", "a", "c[0], #a", "#a, #none"])
    if dice.random() < 0.4:
        request["Limit"] = dice.choice([1, 2, 5, 50, 0])
    if starts and dice.random() < 0.4:
        request["ExclusiveStartKey"] = dice.choice([*starts[-5:], {"pk": {"S": "P"}}, {}])
    text = " ".join(str(part) for part in request.values())
    used = {name for name in (":p", ":x", ":y", ":a") if name in text}
    placeholders = {name: each for name, each in NAMES.items() if name in text}
    if used and dice.random() < 0.97:
        request["ExpressionAttributeValues"] = {
            name: {"N": "3"} if name == ":a" else {"S": values[name]} for name in sorted(used)
        }
    if placeholders:
        request["ExpressionAttributeNames"] = placeholders
    return request


def steps(items: int) -> dict[str, int]:
    """How many calls of functions a page of ten takes, from the middle of a table of so many items."""
    name = f"table-of-{items}"
    make_table(name)
    for number in range(items):
        put(name, "P", f"READING#{number:06}")
    middle = {"pk": {"S": "P"}, "sk": {"S": f"READING#{items // 2:06}"}}
    query = {
        "TableName": name,
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :x AND :y",
        "ExpressionAttributeValues": {":p": {"S": "P"}, ":x": middle["sk"], ":y": {"S": "READING#~"}},
        "Limit": 10,
    }
    scan = {"TableName": name, "ExclusiveStartKey": middle, "Limit": 10}
    return {operation: _calls(operation, request) for operation, request in (("Query", query), ("Scan", scan))}


def _calls(operation: str, request: Mapping[str, Any]) -> int:
    ask(operation, request)  # the first time, the partition is put in order
    count = 0

    def seen(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(seen)
    try:
        status, told = ask(operation, request)
    finally:
        sys.setprofile(None)
    if (status, told.get("Count")) != (200, 10):
        raise RuntimeError(told)
    return count


def main() -> None:
    """Answer all questions."""
    logging.disable(logging.CRITICAL)
    key_lookup.install()
    sys.stdout.write(json.dumps({**differences(seed=1, count=1500), "small": steps(50), "large": steps(2000)}))


if __name__ == "__main__":
    main()
