"""What is built for one processor can be deployed for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from smarther_cli.deploy import sam

if TYPE_CHECKING:
    from pathlib import Path

PROCESSORS = ("arm64", "x86_64")


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_built_template_offers_the_processor_it_was_built_for_and_takes_no_other(processor: str) -> None:
    built: dict[str, Any] = yaml_parse(sam.for_one_processor(sam.TEMPLATE.read_text(), processor))
    chosen = built["Parameters"].pop("Architecture")

    written = sam.template()
    before = written["Parameters"].pop("Architecture")
    assert built == written
    assert chosen == before | {"Default": processor, "AllowedValues": [processor]}
    assert set(before["AllowedValues"]) == set(PROCESSORS)


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ("much\nmore\n\nError: Failed to create\nthe stack\n", "Failed to create the stack"),
        ("Error: first\nError: last: why\n", "last: why"),
        ("Traceback\n  File x\nOSError: No space\n", "Traceback File x OSError: No space"),
        ("", ""),
    ],
)
def test_what_sam_says_was_wrong_is_found_in_what_it_prints(printed: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "deploy.log").write_text(printed)
    assert sam.error_in(tmp_path / "deploy.log") == error
