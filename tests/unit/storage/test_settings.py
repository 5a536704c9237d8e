"""Settings: read when asked for, with a sentence for what cannot be used."""

from pathlib import Path

import pytest

from schemas.errors import ConfigurationInvalid
from schemas.services import Installation, Mode
from storage.settings import PREFIX, Settings, read_settings
from storage.wiring import mode_of, premises_of
from tests.architecture.checkout import ROOT


def test_everything_has_a_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = read_settings()

    home = tmp_path / "var"
    assert settings.home == home
    assert settings.config_folder == home / "config"
    assert settings.database == f"sqlite+aiosqlite:///{home / 'amtsweg.db'}"
    assert (settings.host, settings.port) == ("127.0.0.1", 8090)
    assert settings.mode is Mode.TRIAL


def test_folders_are_absolute_whatever_the_current_folder_becomes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMTSWEG_HOME", "state")
    monkeypatch.setenv("AMTSWEG_KEYS", "keys")

    settings = read_settings()

    assert settings.home == tmp_path / "state"
    assert settings.keys_folder == tmp_path / "keys"
    assert settings.vault_folder == tmp_path / "state" / "vault"


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("sqlite:////srv/a.db", "sqlite+aiosqlite:////srv/a.db"),
    ],
)
def test_a_database_may_be_named_without_its_driver(
    monkeypatch: pytest.MonkeyPatch, given: str, understood: str
) -> None:
    monkeypatch.setenv("AMTSWEG_DATABASE_URL", given)

    assert read_settings().database == understood


@pytest.mark.parametrize("url", ["mysql://u:geheim@h/d", "geheim", "://geheim"])
def test_another_database_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AMTSWEG_DATABASE_URL", url)

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    assert "AMTSWEG_DATABASE_URL" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_every_variable_that_cannot_be_used_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMTSWEG_PORT", "99999")
    monkeypatch.setenv("AMTSWEG_SLOTS", "viele")
    monkeypatch.setenv("AMTSWEG_MODE", "ernst")

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    named = {problem.file for problem in caught.value.problems}
    assert named == {"AMTSWEG_PORT", "AMTSWEG_SLOTS", "AMTSWEG_MODE"}
    assert "viele" not in str(caught.value)


def test_a_password_does_not_show_when_settings_are_printed() -> None:
    settings = Settings.model_validate(
        {"database_url": "postgresql://u:geheim@h/d", "prefect_auth": "a:geheim"}
    )

    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "file", "together"),
    [
        (Mode.TRIAL, Mode.TRIAL, Mode.TRIAL),
        (Mode.PRODUCTION, Mode.TRIAL, Mode.PRODUCTION),
        (Mode.TRIAL, Mode.PRODUCTION, Mode.PRODUCTION),
    ],
)
def test_it_is_production_if_either_says_so(
    variable: Mode, file: Mode, together: Mode
) -> None:
    settings = Settings(mode=variable)

    assert mode_of(settings, Installation(mode=file)) is together


def test_the_folder_of_the_database_counts_as_data(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"database_url": f"sqlite+aiosqlite:///{tmp_path / 'db' / 'a.db'}"}
    )

    assert (tmp_path / "db").resolve() in premises_of(settings).data


def test_every_setting_is_documented_with_its_default() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    for name, field in Settings.model_fields.items():
        [row] = [
            line
            for line in page.splitlines()
            if line.startswith(f"| `{PREFIX}{name.upper()}` |")
        ]
        if isinstance(field.default, int | str) and field.default:
            shown = getattr(field.default, "value", field.default)
            assert f"`{shown}`" in row
