"""The one table: every call to DynamoDB is made here, and every failure of DynamoDB becomes a StoreError here.

StoreError
├── TableUnavailableError    the table did not answer, or failed this time: a later call may succeed
└── ItemRefusedError         the table can never store this item

The receiver pays for each import of this module.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from smarther.aws.service_call import ServiceFailedError, call
from smarther.store.items import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypedDict, Unpack

    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.aws.tiny_client import TinyClient
    from smarther.store.items import Item, Storable
    from smarther.store.keys import ItemKey

    type Key = dict[str, dict[str, str]]
    """The key at which a page ended, in DynamoDB's JSON."""

    type ItemPage = tuple[list[Item], Key | None]
    """The items of a page, and the key behind which the next page begins; None on the last page."""

    class Reach(TypedDict, total=False):
        """What a query reads and returns."""

        limit: int | None
        """The most items to return."""
        page_size: int | None
        """The most items to ask for in one call."""
        newest_first: bool
        consistent: bool
        names: tuple[str, ...]
        """The attributes to return; all of them where none is named."""
        only: Mapping[str, Storable]
        """Return only items whose attributes have these values; the others are read and not returned."""
        without: str
        """Return only items that do not have this attribute; the others are read and not returned."""
        every_partition: bool
        """Read all partitions that begin with `partition`: a scan, which reads the whole table."""


WRITES_AT_ONCE: Final = 25  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

_NEW: Final = "attribute_not_exists(pk)"
_NEVER: Final = "attribute_exists(pk) AND attribute_not_exists(pk)"


class StoreError(Exception):
    """A call to the table failed. The message is DynamoDB's or the client's name for the failure."""


class TableUnavailableError(StoreError):
    """The table did not answer, or failed this time: a later call may succeed."""


class ItemRefusedError(StoreError):
    """The table can never store this item."""


class Table:
    """Items by their keys. Plain values are written; items are returned in DynamoDB's JSON, which `items` reads.

    A write with a condition returns whether the condition held; where it did not, nothing was written. Every write
    raises StoreError, every read TableUnavailableError.

    `items_read` counts the items that all queries returned so far, `items_left_out` those that could not be read.
    """

    def __init__(self, client: DynamoDBClient | TinyClient, name: str, *, rehearses: bool = False) -> None:
        self._client: Any = client  # the receiver's knows GetItem and PutItem alone
        self._name = name
        self.rehearses = rehearses
        self.items_read = 0
        self.items_left_out = 0

    def rehearsing(self) -> Table:
        """The same table for a rehearsal: every put is sent with a condition that never holds, so nothing is written.

        The condition contradicts itself. DynamoDB still checks permission, table and item, as for any other write.
        """
        return Table(self._client, self._name, rehearses=True)

    # ---- one item

    def get(self, key: ItemKey) -> Item | None:
        """The item with this key, read strongly consistent; None if there is none."""
        item: Item | None = self._asked(
            self._client.get_item, TableName=self._name, Key=encoded(key), ConsistentRead=True
        ).get("Item")
        return item

    def add(self, item: Mapping[str, Storable]) -> bool:
        """Write an item unless there is one with its key; False if there is."""
        return self.put(item, when=_NEW)

    def put(
        self,
        item: Mapping[str, Storable],
        *,
        when: str | None = None,
        values: Mapping[str, Storable] | None = None,
        names: tuple[str, ...] = (),
    ) -> bool:
        """Write an item over an existing one. `#name` in a condition stands for one of `names`."""
        if self.rehearses:
            when, values, names = _NEVER, None, ()
        return self._written(self._client.put_item, when, values, names, Item=encoded(item))

    def update(self, key: ItemKey, change: str, values: Mapping[str, Storable], *, when: str | None = None) -> bool:
        """Change an item, or create it where there is none."""
        return self._written(self._client.update_item, when, values, (), Key=encoded(key), UpdateExpression=change)

    def delete(
        self,
        key: ItemKey,
        *,
        when: str | None = None,
        values: Mapping[str, Storable] | None = None,
        names: tuple[str, ...] = (),
    ) -> bool:
        """Delete an item; it need not exist."""
        return self._written(self._client.delete_item, when, values, names, Key=encoded(key))

    # ---- several

    def put_all(self, items: Iterable[Mapping[str, Storable]]) -> None:
        """Write items over existing ones. Items that the table did not process are sent once more."""
        for batch in batched(items, WRITES_AT_ONCE, strict=False):
            left: Any = {self._name: [{"PutRequest": {"Item": encoded(item)}} for item in batch]}
            for _ in range(2):
                left = left and self._asked(self._client.batch_write_item, RequestItems=left)["UnprocessedItems"]
            if left:
                raise TableUnavailableError("the table did not take all that was written")

    def delete_together(self, keys: Iterable[ItemKey]) -> None:
        """Delete at most a hundred items, all or none."""
        deletes = [{"Delete": {"TableName": self._name, "Key": encoded(key)}} for key in keys]
        self._asked(self._client.transact_write_items, TransactItems=deletes)

    def query(self, partition: str, between: tuple[str, str], **reach: Unpack[Reach]) -> Iterator[Item]:
        """The items of a partition whose sort keys lie between the two, both included, in the order of their keys.

        Pages are read one by one, as their items are needed.
        """
        for items, _ in self.pages(partition, between, **reach):
            yield from items

    def pages(
        self, partition: str, between: tuple[str, str], *, behind: Key | None = None, **reach: Unpack[Reach]
    ) -> Iterator[ItemPage]:
        """The same, page by page; `behind` is the key at which an earlier page ended.

        botocore's paginator is not used: it asks for pages of one size, and so for more than `limit` at the end.
        """
        if between[0] > between[1]:
            return
        request = {"TableName": self._name, **_request(partition, between, **reach)}
        ask = self._client.scan if reach.get("every_partition") else self._client.query
        left, page_size = reach.get("limit"), reach.get("page_size")
        while left is None or left > 0:
            if size := min((each for each in (left, page_size) if each is not None), default=None):
                request["Limit"] = size
            if behind is not None:
                request["ExclusiveStartKey"] = behind
            page = self._asked(ask, **request)
            behind = page.get("LastEvaluatedKey")
            self.items_read += len(page["Items"])
            yield page["Items"], behind
            if behind is None:
                return
            if left is not None:
                left -= len(page["Items"])

    def made[Made](self, make: Callable[[Item], Made | None], items: Iterable[Item]) -> Iterator[Made]:
        """What `make` returns for the items. Where it returns None, the item is left out and counted."""
        for item in items:
            made = make(item)
            if made is None:
                self.items_left_out += 1
            else:
                yield made

    # ---- calls

    def _asked(self, operation: Callable[..., Any], **parameters: Any) -> Any:
        try:
            return call(operation, **parameters)
        except ServiceFailedError as error:
            raise TableUnavailableError(error.kind) from error

    def _written(
        self,
        operation: Callable[..., Any],
        when: str | None,
        values: Mapping[str, Storable] | None,
        names: tuple[str, ...],
        **parameters: Any,
    ) -> bool:
        if when is not None:
            parameters["ConditionExpression"] = when
        if values:
            parameters["ExpressionAttributeValues"] = encoded(values)
        if names:
            parameters["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        try:
            call(operation, TableName=self._name, **parameters)
        except ServiceFailedError as error:
            match error.kind:
                case "ConditionalCheckFailedException":
                    return False
                case "ValidationException":
                    raise ItemRefusedError(error.kind) from error
                case _:
                    raise TableUnavailableError(error.kind) from error
        return True


def _request(partition: str, between: tuple[str, str], **reach: Unpack[Reach]) -> dict[str, Any]:
    """The parameters of DynamoDB's Query, or of its Scan."""
    (first, last), only, names = between, reach.get("only", {}), reach.get("names", ())
    values = {":partition": partition, ":first": first, ":last": last, **{f":{name}": only[name] for name in only}}
    request: dict[str, Any] = {"ExpressionAttributeValues": encoded(values)}
    if reach.get("every_partition"):
        request["FilterExpression"] = "begins_with(pk, :partition) AND sk BETWEEN :first AND :last"
    else:
        request["KeyConditionExpression"] = "pk = :partition AND sk BETWEEN :first AND :last"
        request["ScanIndexForward"] = not reach.get("newest_first", False)
    if reach.get("consistent"):
        request["ConsistentRead"] = True
    if only:
        request["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in only)
    without = reach.get("without")
    if without:
        request["FilterExpression"] = f"attribute_not_exists(#{without})"
    if names:
        request["ProjectionExpression"] = ", ".join(f"#{name}" for name in names)
    if named := (*names, *only, *([without] if without else ())):
        request["ExpressionAttributeNames"] = {f"#{name}": name for name in named}
    return request
