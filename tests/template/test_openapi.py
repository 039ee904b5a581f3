"""`docs/openapi.yaml` describes what is deployed: its routes are the template's, its answers those of the code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from smarther.domain.account import consent, webhook
from smarther.drawing import consent_page
from smarther.drawing.consent_page import HEADERS, ConsentPage
from tests.support.api_description import description, operations
from tests.support.deployed import PROJECT
from tests.template.conftest import of_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.conftest import Resources


def schemas(part: Any) -> Iterator[Any]:
    """Every schema in a part of the document."""
    if isinstance(part, dict):
        yield from ([part["schema"]] if "schema" in part else [])
        for each in part.values():
            yield from schemas(each)
    elif isinstance(part, list):
        for each in part:
            yield from schemas(each)


@pytest.mark.shows("interface is described")
def test_the_routes_are_those_of_the_template(resources: Resources) -> None:
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    deployed = {
        (method.upper(), path): {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        for path, methods in api["Properties"]["Body"]["paths"].items()
        for method, operation in methods.items()
    }

    assert {(each.method, each.path): set(each.parameters("path")) for each in operations().values()} == deployed


def test_every_schema_is_one_and_every_file_it_names_is_there() -> None:
    for schema in [*schemas(description()), *description()["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)
    for file in re.findall(r"externalValue: (\S+\.json)", (PROJECT / "docs" / "openapi.yaml").read_text()):
        json.loads((PROJECT / "docs" / file).read_bytes())


def test_the_forms_of_secret_state_and_code_are_those_of_the_code() -> None:
    secret = operations()["notify"].parameters("path")["secret"]
    state, code = (operations()["callback"].parameters("query")[name] for name in ("state", "code"))

    for text in ("x" * 43, "_-" + "0" * 41, "x" * 42, "x" * 44, "=" * 43, ""):
        assert Draft202012Validator(secret).is_valid(text) == webhook.has_secret_form(text)
        assert Draft202012Validator(state).is_valid(text) == consent.has_state_form(text)
    for text in ("a", "!~", "a" * 8192, "a" * 8193, "a b", "é", ""):
        assert Draft202012Validator(code).is_valid(text) == consent.has_code_form(text)


@pytest.mark.shows("interface is described")
def test_the_pages_are_those_of_the_code() -> None:
    pages = [each for each in vars(consent_page).values() if isinstance(each, ConsentPage)]
    answers = operations()["callback"].answers()

    assert set(answers) == {200, *(page.status for page in pages)}
    for page in pages:
        assert operations()["callback"].complaints(page.status, httpx.Headers(HEADERS), consent_page.html(page)) == []
        assert set(answers[page.status]["headers"]) | {"Content-Type"} == set(HEADERS)
