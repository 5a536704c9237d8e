"""Identifiers: what people copy by hand is noticed when it is wrong."""

import os
import re
from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.errors import MalformedTrackingId
from schemas.ids import (
    CaseId,
    DestinationId,
    TrackingId,
    delivery_id,
    new_tracking_id,
    parse_tracking_id,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
tracking_ids = st.integers(min_value=0).map(
    lambda seed: new_tracking_id(Random(seed).randbytes)
)
typed = st.sampled_from([*ALPHABET, *ALPHABET.lower(), *"oOiIlLuU*~$=-_.", "ä", "Ω"])


def bare(tracking: str) -> str:
    return tracking.replace("-", "")


@given(tracking_ids)
def test_it_is_three_groups_without_any_symbol(tracking: TrackingId) -> None:
    assert re.fullmatch(
        rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}-[{ALPHABET}]{{4}}", tracking
    )


@given(tracking_ids)
def test_reading_gives_back_what_was_written(tracking: TrackingId) -> None:
    assert parse_tracking_id(tracking) == tracking


@given(tracking_ids, st.randoms())
def test_people_may_write_it_as_they_like(tracking: TrackingId, chance: Random) -> None:
    lookalikes = {"0": "0oO", "1": "1iIlL"}
    written = "".join(
        chance.choice(["", "", " ", "-", "\t"])
        + chance.choice(lookalikes.get(one, one + one.lower()))
        for one in bare(tracking)
    )

    assert parse_tracking_id(written) == tracking


@given(tracking_ids, st.integers(min_value=0, max_value=13), typed)
def test_every_single_wrong_character_is_noticed(
    tracking: TrackingId, place: int, wrong: str
) -> None:
    characters = bare(tracking)
    read = wrong.upper().translate(str.maketrans("OIL", "011"))
    assume(read not in {characters[place], "-"})

    with pytest.raises(MalformedTrackingId):
        parse_tracking_id(characters[:place] + wrong + characters[place + 1 :])


def test_of_one_id_every_wrong_character_at_every_place_is_noticed() -> None:
    characters = bare(new_tracking_id(Random(1).randbytes))
    for place, right in enumerate(characters):
        for wrong in set(ALPHABET) - {right}:
            with pytest.raises(MalformedTrackingId):
                parse_tracking_id(characters[:place] + wrong + characters[place + 1 :])


@given(tracking_ids)
def test_every_two_neighbours_exchanged_are_noticed(tracking: TrackingId) -> None:
    characters = bare(tracking)
    for place, (one, other) in enumerate(pairwise(characters)):
        if one != other:
            swapped = characters[:place] + other + one + characters[place + 2 :]
            with pytest.raises(MalformedTrackingId):
                parse_tracking_id(swapped)


@given(st.text(max_size=40))
def test_reading_anything_gives_a_tracking_id_or_its_own_error(text: str) -> None:
    with suppress(MalformedTrackingId):
        tracking = parse_tracking_id(text)
        assert parse_tracking_id(tracking) == tracking


def test_the_error_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(MalformedTrackingId) as refused:
        parse_tracking_id("Erika Mustermann")

    assert "Erika" not in f"{refused.value} {refused.value!r}"


@pytest.mark.parametrize("length", [0, 1, 13, 15, 28])
def test_another_length_is_noticed(length: int) -> None:
    with pytest.raises(MalformedTrackingId):
        parse_tracking_id("0" * length)


def test_it_has_at_least_sixty_random_bits() -> None:
    flips = [0] * 65
    for _ in range(400):
        digits = bare(new_tracking_id(os.urandom))[:-1]
        number = int("".join(f"{ALPHABET.index(d):05b}" for d in digits), 2)
        for bit in range(65):
            flips[bit] += number >> bit & 1

    # Each bit is a fair coin: 400 throws give fewer than 120 once in 10^15.
    assert all(120 < heads < 280 for heads in flips)


def test_no_two_are_alike() -> None:
    assert len({new_tracking_id(os.urandom) for _ in range(5_000)}) == 5_000


def test_a_delivery_id_is_the_same_for_ever() -> None:
    # Counterparts keep it: another way to make it would deliver everything twice.
    made = delivery_id(CaseId("c" * 32), DestinationId("fachverfahren"), 1)

    assert made == "7741fbc904de5377a853aaa8ab4b25da"


names = st.text(alphabet="abcdef0123456789-_", min_size=1, max_size=12)
parts = st.tuples(names, names, st.integers(min_value=1, max_value=99))


@given(parts, parts)
def test_each_case_destination_and_generation_has_its_own_delivery(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    def made(of: tuple[str, str, int]) -> str:
        case, destination, generation = of
        return delivery_id(CaseId(case), DestinationId(destination), generation)

    assert (made(one) == made(other)) is (one == other)
    assert re.fullmatch("[0-9a-f]{32}", made(one))
