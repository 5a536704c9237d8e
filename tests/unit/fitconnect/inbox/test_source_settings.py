"""``[connection]`` of a source, as an operator writes it."""

from datetime import timedelta

import pytest

from adapters.fitconnect.client.settings import Generation
from adapters.fitconnect.events.tokens import SET_SCHEMA
from adapters.fitconnect.inbox.settings import ClaimPolicy, parse_source
from schemas.fields import Fields
from schemas.services import Setting

USUAL: dict[str, Setting] = {
    "environment": "test",
    "destination": "D12CAEA8-f372-4eb1-b102-b0a228253a11",
    "client_id": "0f0e",
    "client_secret": "env:FIT_SECRET",
    "decryption_keys": ("file:keys/new.json", "file:keys/old.json"),
    "signing_key": "file:keys/sign.json",
}


def test_six_lines_are_enough() -> None:
    fields = Fields(USUAL)

    source = parse_source(fields)

    assert fields.finish() == ()
    assert source.destination == "d12caea8-f372-4eb1-b102-b0a228253a11"
    assert source.environment.version is Generation.V2
    assert len(source.decryption_keys) == 2
    assert source.limits.attachment == 500_000_000
    assert source.limits.attachments == 100
    assert source.limits.total == 2_000_000_000
    assert source.claim is ClaimPolicy.ANY
    assert source.callback_secret is None
    assert source.majors == {1, 2}


def test_everything_can_be_set() -> None:
    fields = Fields(
        {
            **USUAL,
            "version": "v1",
            "callback_secret": "env:CALLBACK",
            "certificate_roots": "file:keys/roots.pem",
            "metadata_majors": (2,),
            "metadata_schemas": "schemas",
            "metadata_without_schema": "take",
            "set_schema": SET_SCHEMA,
            "schema_claim": "announced",
            "clock_skew": 60,
            "most_data_mb": 5,
            "most_metadata_mb": 1,
            "most_attachments": 30,
            "most_attachment_mb": 200,
            "most_total_mb": 400,
        }
    )

    source = parse_source(fields)

    assert fields.finish() == ()
    assert source.limits.data == 5_000_000
    assert source.limits.attachments == 30
    assert source.clock_skew == timedelta(minutes=1)


@pytest.mark.parametrize("missing", sorted(set(USUAL) - {"environment"}))
def test_what_is_missing_is_named(missing: str) -> None:
    fields = Fields({key: value for key, value in USUAL.items() if key != missing})

    parse_source(fields)

    assert (missing,) in {problem.path for problem in fields.finish()}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("destination", "rathaus"),
        ("decryption_keys", ("geheim",)),
        ("decryption_keys", ()),
        ("signing_key", '{"kty":"RSA"}'),
        ("callback_secret", "geheim"),
        ("metadata_majors", (3,)),
        ("metadata_majors", ()),
        ("metadata_without_schema", "maybe"),
        ("set_schema", "https://example.org/set"),
        ("set_schema", SET_SCHEMA.replace("1.2.2", "2.0.0")),
        ("schema_claim", "all"),
        ("clock_skew", -1),
        ("most_attachments", "many"),
        ("most_data_mb", 100_000),
    ],
)
def test_a_wrong_value_is_told(key: str, value: Setting) -> None:
    fields = Fields({**USUAL, key: value})

    parse_source(fields)

    assert {problem.path for problem in fields.finish()} == {(key,)}


def test_a_misspelt_key_is_told() -> None:
    fields = Fields({**USUAL, "decription_keys": ("file:x",)})

    parse_source(fields)

    [problem] = fields.finish()
    assert "decryption_keys" in problem.remedy
