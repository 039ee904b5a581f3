"""The table in memory, for tests that draw whole homes at random: the calls that read history.

Items are in DynamoDB's own JSON, as `reading_fast` gives them. `tests/adapters/test_memory_table.py` compares all of it
with moto.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable

    type Item = dict[str, Any]


@dataclass
class MemoryTable:
    """Items by their keys. With a `page_size` every answer is a page of that many items."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    page_size: int = 1000
    _order: defaultdict[str, list[tuple[bytes, str]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, items: Iterable[Item]) -> MemoryTable:
        """A table with these items."""
        table = cls()
        for item in items:
            table.put_item(Item=item)
        return table

    def partition(self, begin: str) -> list[Item]:
        """The items whose partition key begins with this text, by their keys."""
        return [item for key, item in sorted(self.items.items()) if key[0].startswith(begin)]

    def put_item(
        self,
        *,
        Item: Item,  # noqa: N803 - boto3's names
        TableName: str = "",  # noqa: N803
        ConditionExpression: str | None = None,  # noqa: N803
        ExpressionAttributeValues: dict[str, Any] | None = None,  # noqa: N803
    ) -> None:
        pk, sk = Item["pk"]["S"], Item["sk"]["S"]
        version = self.items.get((pk, sk), {}).get("version")
        match ConditionExpression:
            case None:
                holds = True
            case "attribute_not_exists(version)":
                holds = version is None
            case "version = :seen":
                assert ExpressionAttributeValues is not None
                holds = version == ExpressionAttributeValues[":seen"]
            case _:
                raise NotImplementedError(ConditionExpression)
        if not holds:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        if (pk, sk) not in self.items:
            insort(self._order[pk], (sk.encode(), sk))  # DynamoDB's order, by the bytes of UTF-8
        self.items[pk, sk] = Item

    def forget(self, pk: str, sk: str) -> None:
        """Remove an item."""
        del self.items[pk, sk]
        self._order[pk].remove((sk.encode(), sk))

    def get_item(self, **request: Any) -> dict[str, Any]:
        found = self.items.get((request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]))
        return {} if found is None else {"Item": found}

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        for requests in RequestItems.values():
            for each in requests:
                self.put_item(Item=each["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def query(self, **request: Any) -> dict[str, Any]:
        assert request["KeyConditionExpression"] == "pk = :partition AND sk BETWEEN :first AND :last"
        return self._page(request, [request["ExpressionAttributeValues"][":partition"]["S"]])

    def scan(self, **request: Any) -> dict[str, Any]:
        assert request["FilterExpression"] == "begins_with(pk, :partition) AND sk BETWEEN :first AND :last"
        begin = request["ExpressionAttributeValues"][":partition"]["S"]
        return self._page(request, sorted(pk for pk in self._order if pk.startswith(begin)))

    def _page(self, request: dict[str, Any], partitions: Iterable[str]) -> dict[str, Any]:
        first, last = (request["ExpressionAttributeValues"][name]["S"].encode() for name in (":first", ":last"))
        assert first <= last, "DynamoDB refuses a range that ends before it begins"
        found: list[tuple[str, str]] = []
        for pk in partitions:
            order = self._order.get(pk, [])
            between = order[bisect_left(order, (first, "")) : bisect_right(order, (last, "\U0010ffff"))]
            found += [(pk, sk) for _, sk in between]
        found = found if request.get("ScanIndexForward", True) else found[::-1]
        if "ExclusiveStartKey" in request:
            after = request["ExclusiveStartKey"]
            found = found[found.index((after["pk"]["S"], after["sk"]["S"])) + 1 :]
        page = found[: min(request.get("Limit", self.page_size), self.page_size)]
        answer: dict[str, Any] = {"Items": [self._shown(key, request) for key in page if self._passes(key, request)]}
        if page and page != found:
            answer["LastEvaluatedKey"] = {"pk": {"S": page[-1][0]}, "sk": {"S": page[-1][1]}}
        return answer

    def _passes(self, key: tuple[str, str], request: dict[str, Any]) -> bool:
        """Whether an item that was read is returned: not if it has the attribute that the filter excludes."""
        _, unwanted, name = request.get("FilterExpression", "").partition("attribute_not_exists(#")
        return not unwanted or name.rstrip(")") not in self.items[key]

    def _shown(self, key: tuple[str, str], request: dict[str, Any]) -> Item:
        names = request.get("ExpressionAttributeNames")
        item = self.items[key]
        if "ProjectionExpression" not in request or not names:
            return dict(item)
        return {name: item[name] for name in names.values() if name in item}
