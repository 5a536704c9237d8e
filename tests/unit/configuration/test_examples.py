"""The demo configuration is one that loads."""

from itertools import chain

from adapters.registry import standard_registry
from schemas.checking.claims import FormOf, NoClaim, SchemaUri
from schemas.checking.recognising import claimed_packs
from schemas.configuration.snapshot import decode, snapshots
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.services import Configuration, Mode, Order
from storage.configuration import load
from tests.architecture.checkout import ROOT

KREIS = ROOT / "examples" / "kreis"


def kreis() -> Configuration:
    return load(KREIS, standard_registry().validate)


def test_the_demo_configuration_loads() -> None:
    loaded = kreis()

    assert sorted(key for _, key in loaded.services) == [
        "99102013002000",
        "99107021017000",
        "99107023017000",
    ]
    assert sorted(loaded.destinations) == ["ablage", "fachverfahren"]
    assert loaded.installation.mode is Mode.TRIAL
    assert loaded.services.keys() == snapshots(loaded).keys()


def test_the_demo_needs_no_secret_and_no_address_outside_this_machine() -> None:
    for destination in kreis().destinations.values():
        settings = [str(value) for value in destination.connection.values()]
        assert not any(text.startswith(("env:", "file:")) for text in settings)
        addresses = [text for text in settings if "://" in text]
        assert all(text.startswith("http://127.0.0.1:") for text in addresses)


def test_the_demo_shows_what_configuration_can_say() -> None:
    services = kreis().services.values()

    assert {service.order for service in services} == set(Order)
    assert {len(service.destinations) for service in services} == {1, 2}
    assert len({service.deadline for service in services}) > 1
    assert len({service.office for service in services}) == 3


def test_the_demo_names_packs_that_come_with_amtsweg_and_claims_that_fit() -> None:
    library = PackLibrary([shipped_packs()])
    services = kreis().services.values()

    for service in services:
        known = {one.manifest.id for one in library.entries()}
        assert service.check.packs, service.name
        assert set(service.check.packs) <= known, service.name
        meant = claimed_packs(library, service.check.claim)
        assert {one.manifest.id for one in meant} <= set(service.check.packs)
    claims = {type(service.check.claim) for service in services}
    assert claims == {NoClaim, SchemaUri, FormOf}
    assert len({service.check.unknown for service in services}) > 1


def test_the_demo_has_umlauts_and_keeps_them() -> None:
    loaded = kreis()
    names = " ".join(
        chain(
            loaded.installation.offices.values(),
            (service.name for service in loaded.services.values()),
            (one.name for one in loaded.destinations.values()),
            (decode(one.body).name for one in snapshots(loaded).values()),
        )
    )

    assert set("äöüß") & set(names) >= set("äöü")
