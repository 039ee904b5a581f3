"""The template, as written and as deployed, for all tests of this folder."""

from __future__ import annotations

from typing import Any

import pytest

from labs.translated import TEMPLATE, as_written, translated

PROJECT = TEMPLATE.parent

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template as written."""
    return as_written()


@pytest.fixture(scope="session")
def transformed(template: dict[str, Any]) -> dict[str, Any]:
    """The template as deployed: SAM's own types replaced by what they stand for."""
    return translated(template)


@pytest.fixture(scope="session")
def resources(transformed: dict[str, Any]) -> Resources:
    """The deployed resources by their logical id."""
    found: Resources = transformed["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> Resources:
    """The resources of one CloudFormation type."""
    return {name: each for name, each in resources.items() if each["Type"] == kind}
