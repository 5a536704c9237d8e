"""What production refuses."""

from pathlib import Path

import pytest

from schemas.rules.production import Premises, dangers

HOME = Path("/srv/amtsweg")
SAFE = Premises(
    keys=Path("/etc/amtsweg/keys"),
    data=(HOME, Path("/mnt/archive")),
    prefect_url="http://127.0.0.1:4200/api",
    prefect_has_auth=True,
)


def variables(premises: Premises) -> list[str]:
    return [problem.file for problem in dangers(premises)]


def changed(
    *,
    keys: Path = SAFE.keys,
    prefect_url: str = SAFE.prefect_url,
    prefect_has_auth: bool = True,
) -> Premises:
    return Premises(
        keys=keys,
        data=SAFE.data,
        prefect_url=prefect_url,
        prefect_has_auth=prefect_has_auth,
    )


def test_keys_elsewhere_and_a_guarded_prefect_on_this_machine_are_fine() -> None:
    assert dangers(SAFE) == ()


@pytest.mark.parametrize(
    "keys", [HOME, HOME / "keys", HOME / "a" / "b", HOME.parent, Path("/mnt/archive/k")]
)
def test_a_key_beside_the_data_is_refused(keys: Path) -> None:
    assert variables(changed(keys=keys)) == ["AMTSWEG_KEYS"]


def test_a_name_that_only_begins_like_the_home_is_another_folder() -> None:
    assert dangers(changed(keys=Path("/srv/amtsweg-keys"))) == ()


def test_a_prefect_server_without_auth_is_refused() -> None:
    assert variables(changed(prefect_has_auth=False)) == ["AMTSWEG_PREFECT_AUTH"]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7:4200/api",
        "https://prefect.example/api",
        "http://0.0.0.0:4200/api",
        "http://localhost.example/api",
        "nonsense",
    ],
)
def test_a_prefect_server_off_this_machine_is_refused(url: str) -> None:
    assert variables(changed(prefect_url=url)) == ["AMTSWEG_PREFECT_URL"]


@pytest.mark.parametrize(
    "url",
    ["http://localhost:4200/api", "http://[::1]:4200/api", "http://127.9.9.9/api"],
)
def test_every_name_of_this_machine_is_on_it(url: str) -> None:
    assert dangers(changed(prefect_url=url)) == ()


def test_without_prefect_nothing_of_it_is_asked() -> None:
    assert dangers(changed(prefect_url="", prefect_has_auth=False)) == ()


def test_every_danger_is_named_at_once_with_a_remedy() -> None:
    all_wrong = Premises(
        keys=HOME, data=(HOME,), prefect_url="http://far/api", prefect_has_auth=False
    )

    assert len(dangers(all_wrong)) == 3
    assert all(problem.sentence and problem.remedy for problem in dangers(all_wrong))
