"""Writes `docs/data.md` from the table's schema: python -m labs.data_page (`make pages`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from smarther.store.schema import ITEMS

if TYPE_CHECKING:
    from smarther.store.schema import ItemKind

PAGE: Final = Path(__file__).parents[1] / "docs" / "data.md"

_HEAD: Final = """# The table

All that the recorder stores is in one DynamoDB table: output `TableName` of the stack. The table outlives the stack,
and you can read it without the recorder. This page describes each kind of item. `make pages` writes it from
`layers/smarther/python/smarther/store/schema.py`.

Every item has two keys, `pk` (the partition) and `sk` (the sort key, which orders the items of a partition). Parts in
angle brackets vary. Numbers are DynamoDB's numbers, instants are text. To read a thermostat's newest readings:

```console
$ aws dynamodb query --table-name TABLE --no-scan-index-forward --limit 5 \\
    --key-condition-expression 'pk = :m AND begins_with(sk, :r)' \\
    --expression-attribute-values '{":m": {"S": "MODULE#ID"}, ":r": {"S": "READING#"}}'
```

The ids are in the partition `DIRECTORY`. `smarther export` writes all readings to CSV, JSON lines or Parquet.
"""


def page() -> str:
    """The whole page."""
    rows = [f"| [{kind.title}](#{_anchor(kind)}) | `{kind.partition}` | `{kind.sort}` |" for kind in ITEMS]
    overview = "\n".join(["| Item | `pk` | `sk` |", "|---|---|---|", *rows])
    return "\n".join([_HEAD, overview, "", *map(_section, ITEMS)])


def _section(kind: ItemKind) -> str:
    rows = [f"| `{each.name}` | {each.form} | {each.says} |" for each in kind.attributes]
    return "\n".join(
        [
            f"## {kind.title}",
            "",
            kind.says,
            "",
            f"Written by: {', '.join(kind.written_by)}. Read by: {', '.join(kind.read_by)}. Deleted: {kind.goes}.",
            "",
            "| Attribute | Form | Meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _anchor(kind: ItemKind) -> str:
    return kind.title.lower().replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page())
