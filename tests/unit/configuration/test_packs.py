"""A service names schema packs that are there, or nothing starts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.configuration.packs import pack_check
from schemas.findings import PackRef
from schemas.packs.manifest import Form, Kind, Manifest
from schemas.packs.presence import ACTIVE, Inactive, PackEntry, Status
from schemas.services import Configuration
from tests.unit.configuration.folders import FILES, SERVICE, WOHNGELD, judged


def entry(
    name: str, version: str = "1.0", *, kind: Kind = Kind.XOEV, status: Status = ACTIVE
) -> PackEntry:
    manifest = Manifest(
        id=name,
        version=version,
        kind=kind,
        title=name,
        uri_aliases=(f"urn:{name}",),
        forms=(Form(profile="kreisform", id=name),),
    )
    return PackEntry(
        key=manifest.key,
        manifest=manifest,
        folder=Path("/packs") / manifest.key,
        ref=PackRef(id=name, version=version, sha256=""),
        status=status,
    )


@dataclass(frozen=True)
class Shelf:
    packs: tuple[PackEntry, ...]

    def entries(self) -> tuple[PackEntry, ...]:
        return self.packs

    def for_uri(self, uri: str, /) -> tuple[PackEntry, ...]:
        return self._active(lambda one: uri in one.uri_aliases)

    def for_form(self, profile: str, form: str, /) -> tuple[PackEntry, ...]:
        return self._active(lambda one: Form(profile=profile, id=form) in one.forms)

    def _active(self, fits: Callable[[Manifest], bool]) -> tuple[PackEntry, ...]:
        return tuple(
            one for one in self.packs if one.status == ACTIVE and fits(one.manifest)
        )


SHELF = Shelf(
    (
        entry("demo-sozial", "1.0"),
        entry("demo-sozial", "1.1", status=Inactive("it was never activated")),
        entry("bau", "2.1", status=Inactive("it requires xinneres, which is missing")),
        entry("demo-lib", "1", kind=Kind.LIBRARY),
    )
)


def told(section: str) -> list[str]:
    files = FILES | {SERVICE: f"{WOHNGELD}[check]\n{section}\n"}
    verdict = judged(files, packs=pack_check(SHELF))
    return [] if isinstance(verdict, Configuration) else list(map(str, verdict))


@pytest.mark.parametrize(
    "section",
    [
        "",
        'packs = ["demo-sozial"]',
        'packs = ["demo-sozial-1.0"]',
        'schema = "urn:demo-sozial"',
        'form = "kreisform/demo-sozial"',
    ],
)
def test_a_pack_that_is_active_can_be_named(section: str) -> None:
    assert told(section) == []


@pytest.mark.parametrize(
    ("section", "sentence", "remedy"),
    [
        (
            'packs = ["demo-sozail"]',
            "There is no schema pack `demo-sozail`.",
            "Did you mean `demo-sozial`?",
        ),
        (
            'packs = ["xyz"]',
            "There is no schema pack `xyz`.",
            "There are: bau, demo-sozial. `amtsweg schema add` adds others.",
        ),
        (
            'packs = ["demo-sozial-1.1"]',
            "`demo-sozial-1.1` is not active: it was never activated.",
            "`amtsweg schema show demo-sozial-1.1`",
        ),
        ('packs = ["bau"]', "it requires xinneres", "amtsweg schema"),
        ('packs = ["demo-lib"]', "There is no schema pack `demo-lib`.", "add"),
        ('schema = "urn:xyz"', "No active schema pack knows this schema.", "add"),
        ('form = "kreisform/xyz"', "No active schema pack knows this form.", "add"),
        ('form = "kreisform/bau"', "No active schema pack knows this form.", "add"),
    ],
)
def test_a_pack_that_cannot_be_used_is_told_with_its_line_and_a_remedy(
    section: str, sentence: str, remedy: str
) -> None:
    [one] = told(section)

    assert one.startswith(f"{SERVICE}:9: ")
    assert sentence in one
    assert remedy in one.partition(" → ")[2]


def test_a_value_that_is_no_list_of_packs_is_told_once() -> None:
    assert len(told("packs = 7")) == 1


def test_each_pack_of_a_list_is_told_in_its_line() -> None:
    section = 'packs = [\n  "demo-sozial",\n  "xyz",\n  "bau",\n]'

    lines = [one.split(":")[1] for one in told(section)]

    assert lines == ["11", "12"]
