"""The template as CloudFormation gets it: translated offline by AWS's own translator.

`python -m labs.translated FOLDER` writes it for the tools that check templates, with all conditions resolved: as
`samconfig.toml` deploys it to AWS (`aws-keys.json`), the same with the stack's own key (`own-key.json`), and each
add-on with its defaults (`addons/<name>.json`).
"""

from __future__ import annotations

import copy
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"
ADD_ONS = sorted(TEMPLATE.parent.glob("addons/*/template.yaml"))
_GONE = object()

# It logs for every deployment preference that a feature toggle of AWS's is missing.
logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)


def as_written(template: Path = TEMPLATE) -> dict[str, Any]:
    """The core's template as written, or an add-on's."""
    parsed: dict[str, Any] = yaml_parse(template.read_text())
    return parsed


def translated(template: Mapping[str, Any], **chosen: str) -> dict[str, Any]:
    """The template with SAM's types expanded, for these parameters, and the defaults of all others."""
    source = copy.deepcopy(dict(template))
    for resource in source["Resources"].values():
        # `sam deploy` uploads these and writes their addresses; here any address will do.
        for code in ("CodeUri", "ContentUri"):
            if code in resource.get("Properties", {}):
                resource["Properties"][code] = f"s3://bucket/{resource['Properties'][code]}"
    values = {name: str(each.get("Default", "")) for name, each in source["Parameters"].items()} | chosen
    metrics = Metrics("template", DummyMetricsPublisher())
    translator = Translator({}, Parser(), boto_session=Session(region_name="eu-south-1"), metrics=metrics)
    done: dict[str, Any] = translator.translate(source, values)
    metrics.publish()  # nowhere; the translator warns about unpublished ones
    for name, value in values.items():
        done["Parameters"][name]["Default"] = value
    return done


def settled(template: Mapping[str, Any]) -> dict[str, Any]:
    """A translated template with all conditions resolved, for the defaults of its parameters."""

    def holds(condition: Any) -> bool:
        return _holds(condition, template)

    conditional = {"Resources", "Outputs"}
    kept: dict[str, Any] = {name: part for name, part in template.items() if name not in {*conditional, "Conditions"}}
    for section in conditional:
        kept[section] = {
            name: {key: value for key, value in each.items() if key != "Condition"}
            for name, each in template[section].items()
            if "Condition" not in each or holds(each["Condition"])
        }
    done: dict[str, Any] = _carried_out(kept, holds)
    return done


def _holds(condition: Any, template: Mapping[str, Any]) -> bool:
    match condition:
        case str(name) | {"Condition": name}:
            return _holds(template["Conditions"][name], template)
        case {"Fn::Equals": [{"Ref": parameter}, value]}:
            return bool(template["Parameters"][parameter]["Default"] == value)
        case {"Fn::Not": [only]}:
            return not _holds(only, template)
        case {"Fn::And": every}:
            return all(_holds(each, template) for each in every)
        case _:
            raise ValueError(f"a condition of a kind that is new here: {condition}")


def _carried_out(part: Any, holds: Callable[[str], bool]) -> Any:
    match part:
        case {"Fn::If": [condition, then, otherwise]}:
            return _carried_out(then if holds(condition) else otherwise, holds)
        case {"Ref": "AWS::NoValue"}:
            return _GONE
        case dict():
            done = {name: _carried_out(each, holds) for name, each in part.items()}
            return {name: each for name, each in done.items() if each is not _GONE}
        case list():
            return [each for each in (_carried_out(each, holds) for each in part) if each is not _GONE]
        case _:
            return part


def main(folder: Path) -> None:
    """Write them for the tools."""
    templates = {
        name: translated(as_written(), CustomerManagedKey=key, GradualDeploys="true")
        for name, key in (("aws-keys", "false"), ("own-key", "true"))
    } | {f"addons/{each.parent.name}": translated(as_written(each)) for each in ADD_ONS}
    (folder / "addons").mkdir(parents=True, exist_ok=True)
    for name, template in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(settled(template), indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
