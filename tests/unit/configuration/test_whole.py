"""What only several files together can show, and in which order it is told."""

from schemas.configuration.problems import FileProblem
from schemas.configuration.whole import Folder, configure
from schemas.errors import ConfigurationInvalid, FailureKind
from tests.unit.configuration.folders import (
    DESTINATION,
    FILES,
    SERVICE,
    WOHNGELD,
    configured,
    judged,
    permissive,
    said,
    spoilt,
)


def test_a_valid_folder_has_no_problem() -> None:
    assert said(FILES) == []


def test_the_same_leika_key_in_two_files_is_told_at_the_second() -> None:
    assert said(FILES | {"services/wohngeld-2.toml": "# neu\n" + WOHNGELD}) == [
        (
            f"{SERVICE}:1: services/wohngeld-2.toml has the same LeiKa key. "
            "→ Keep one file per service."
        )
    ]


def test_a_broken_destination_is_no_unknown_one() -> None:
    told = said(spoilt(DESTINATION, 'id = "fach"', "id = "))

    assert len(told) == 1
    assert told[0].startswith(f"{DESTINATION}:1: This is not TOML")


def test_a_destination_that_no_service_uses_is_kept() -> None:
    spare = 'id = "spare"\nname = "Ersatz"\nadapter = "memory"\n'

    loaded = configured(FILES | {"destinations/spare.toml": spare})

    assert sorted(loaded.destinations) == ["fach", "spare"]


def test_a_missing_installation_is_told_without_its_consequences() -> None:
    assert said({name: FILES[name] for name in (SERVICE, DESTINATION)}) == [
        (
            "installation.toml: The file is missing. "
            "→ Write it; examples/kreis/installation.toml shows how."
        )
    ]


def test_a_folder_without_services_is_told() -> None:
    files = {name: text for name, text in FILES.items() if name != SERVICE}

    assert said(files)[0].startswith("services: There is no service.")


def test_all_problems_are_told_at_once_in_order_of_files_and_lines() -> None:
    files: dict[str, str | bytes] = {
        "installation.toml": "mode = 1\n[offices.a]\nname = 1\nx = 1\n",
        "services/a.toml": WOHNGELD.replace("6w", "?").replace("9910", "99"),
        "services/b.toml": b"\xff\xfe",
        DESTINATION: 'adapter = "memory"\nid = "x"\nname = "X"\n',
    }
    verdict = judged(files)

    assert isinstance(verdict, tuple)
    assert [(problem.file, problem.line) for problem in verdict] == [
        ("installation.toml", 1),
        ("installation.toml", 1),
        ("installation.toml", 3),
        ("installation.toml", 4),
        ("services/a.toml", 1),
        ("services/a.toml", 3),
        ("services/a.toml", 6),
        ("services/b.toml", 1),
        (DESTINATION, 2),
    ]


def test_nothing_at_all_is_told_as_missing() -> None:
    nothing = Folder(installation=(), services=(), destinations=())

    verdict = configure(nothing, permissive)

    assert isinstance(verdict, tuple)
    assert [problem.file for problem in verdict] == ["installation.toml", "services"]


def test_the_error_names_every_problem() -> None:
    problems = tuple(
        FileProblem(file="f.toml", line=n, sentence=f"S{n}.", remedy="R.")
        for n in (0, 7)
    )
    error = ConfigurationInvalid(problems=problems)

    assert error.kind is FailureKind.OURS
    assert error.problems == problems
    assert str(error).splitlines()[1:] == ["f.toml: S0. → R.", "f.toml:7: S7. → R."]
