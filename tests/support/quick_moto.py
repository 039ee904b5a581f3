"""moto's answers with items, made quickly.

moto looks for each of the ten types that an attribute may have under several names, which takes half of its time in
tests with many items. `tests/adapters/test_quick_moto.py` compares the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.serialize import BaseJSONSerializer

if TYPE_CHECKING:
    import pytest
    from moto.core.model import StructureShape

QUICK = {"S", "N"}
_structure = BaseJSONSerializer._serialize_type_structure


def speed_up(patch: pytest.MonkeyPatch) -> None:
    """Have moto answer attributes that are text or numbers as they are stored, until the patch is undone."""
    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", _quickly)


def slow_down(patch: pytest.MonkeyPatch) -> None:
    """Have moto make its answers in its own way, until the patch is undone."""
    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", _structure)


def _quickly(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: StructureShape, key: str) -> None:
    if key and shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
        ((kind, held),) = value.items()
        if kind in QUICK and type(held) is str:
            serializer._default_serialize(serialized, {kind: held}, shape, key)
            return
    _structure(serializer, serialized, value, shape, key)
