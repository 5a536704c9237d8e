"""Whoever reads of a disturbance is told what to do about just that."""

import pytest

from api.doctor.advice import advice
from flows.sources.errors import ServiceNotOffered
from schemas.errors import EngineError


def test_a_code_of_ours_has_its_own_remedy() -> None:
    told = advice("source:postfach", ServiceNotOffered.code)

    assert told.startswith(ServiceNotOffered.remedy)
    assert "`amtsweg source check postfach`" in told


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("source:postfach", "`amtsweg source check postfach`"),
        ("fachverfahren", "`amtsweg destination check fachverfahren`"),
        ("rejected:nachbar", "`amtsweg delivery list`"),
    ],
)
def test_another_code_is_looked_up_where_it_comes_from(subject: str, told: str) -> None:
    said = advice(subject, "E-NOT-OF-OURS")

    assert told in said
    assert "closes by itself" in said


def test_what_never_ends_by_itself_is_not_said_to() -> None:
    said = advice("source:postfach", "E-FIT-REJECTED-BY-SERVICE")

    assert said.startswith("Call the sender")
    assert "by itself" not in said


def test_nobody_who_asks_the_doctor_is_sent_to_the_doctor() -> None:
    assert EngineError.remedy not in advice("step:check", EngineError.code)
