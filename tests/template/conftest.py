"""The template as CloudFormation gets it: translated offline by AWS's own translator."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PROJECT = Path(__file__).resolve().parents[2]

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template as written."""
    parsed: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    return parsed


@pytest.fixture(scope="session")
def transformed(template: dict[str, Any]) -> dict[str, Any]:
    """The template as deployed: SAM's own types replaced by what they stand for."""
    return translated(template)


def translated(template: dict[str, Any], **chosen: str) -> dict[str, Any]:
    """A template with SAM's own types replaced by what they stand for, with these parameters and else the defaults."""
    source = copy.deepcopy(template)
    for resource in source["Resources"].values():
        # `sam deploy` uploads these and writes their addresses; any address will do here.
        for code in ("CodeUri", "ContentUri"):
            if code in resource.get("Properties", {}):
                resource["Properties"][code] = f"s3://bucket/{resource['Properties'][code]}"
    parameters = {name: str(each.get("Default", "")) for name, each in source["Parameters"].items()} | chosen
    translator = Translator({}, Parser(), boto_session=Session(region_name="eu-south-1"))
    done: dict[str, Any] = translator.translate(source, parameters)
    return done


@pytest.fixture(scope="session")
def resources(transformed: dict[str, Any]) -> Resources:
    """The deployed resources by their logical id."""
    found: Resources = transformed["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> Resources:
    """The resources of one CloudFormation type."""
    return {name: each for name, each in resources.items() if each["Type"] == kind}
