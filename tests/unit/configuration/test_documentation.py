"""docs/configuration.md says what is so."""

import re

import pytest

from adapters.registry import standard_registry
from schemas.rules.process import STANDARD_PROCESS, VOCABULARY
from tests.architecture.checkout import ROOT
from tests.unit.configuration.folders import (
    DESTINATION,
    FILES,
    SERVICE,
    configured,
    said,
)

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
DOCUMENTED: dict[str, str | bytes] = {name: "#\n" + text for name, text in BLOCKS}


def test_the_files_of_the_page_are_a_valid_folder() -> None:
    assert len(DOCUMENTED) == 4
    assert said(DOCUMENTED, standard_registry().validate) == []


def test_the_problems_of_the_page_are_told_like_that() -> None:
    service = str(DOCUMENTED[SERVICE])
    wrong = service.replace('"wohngeld"', '"wohngelt"').replace("dead", "ded")

    told = said(DOCUMENTED | {SERVICE: wrong})

    assert len(told) == 2
    assert "\n".join(told) in PAGE


def test_the_further_tenant_of_the_page_is_one() -> None:
    [section] = re.findall(r"```toml\n(\[tenants\..*?)```", PAGE, re.DOTALL)
    whole = f"{DOCUMENTED['installation.toml']!s}\n{section}"

    found = configured(DOCUMENTED | {"installation.toml": whole}).installation.others
    assert [(one.id, dict(one.offices)) for one in found] == [
        ("stadt-musterhausen", {"buergeramt": "Bürgeramt"})
    ]


@pytest.mark.parametrize(
    "file", ["installation.toml", SERVICE, DESTINATION, "sources/bauamt.toml"]
)
def test_every_key_is_documented(file: str) -> None:
    text = str((DOCUMENTED | FILES)[file])
    told = said(FILES | {file: f"zzzzzzzz = 1\n{text}"})
    keys = re.findall(r"Known keys: (.*)\.$", told[0])[0].split(", ")

    assert len(keys) > 4
    assert [key for key in keys if f"| `{key}` |" not in PAGE] == []


def test_every_key_of_the_check_is_documented() -> None:
    told = said(FILES | {SERVICE: f"{FILES[SERVICE]!s}[check]\nzzzzzzzz = 1\n"})
    keys = re.findall(r"Known keys: (.*)\.$", told[0])[0].split(", ")

    assert len(keys) == 4
    assert [key for key in keys if f"| `{key}` |" not in PAGE] == []


def test_every_step_is_documented() -> None:
    steps = [step for step in VOCABULARY.steps if f"`{step.name}`" in PAGE]
    in_table = [step.name for step in VOCABULARY.steps if f"| `{step.name}` |" in PAGE]
    standard = ", ".join(f'"{name}"' for name in STANDARD_PROCESS)

    assert len(steps) == len(VOCABULARY.steps)
    assert tuple(in_table) == VOCABULARY.runnable()
    assert f"[{standard}]" in PAGE
