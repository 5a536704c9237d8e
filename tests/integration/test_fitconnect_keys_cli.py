"""``amtsweg fitconnect``: from no key to a rotated one, on the command line."""

import os
import pty
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)

from adapters.fitconnect.jose.keys import PrivateKey
from adapters.fitconnect.keyring.certificates import read_chain
from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.fitconnect.keyring.making import with_self_signed
from adapters.fitconnect.keyring.register import KEPT
from tests.architecture.checkout import ROOT
from tests.command_line import CommandLine, install
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.keyring.authority import Authority

NOW: Final = datetime.now(UTC)
DECRYPTION: Final = test_key("destination")
SIGNING: Final = test_key("sign-destination")
FIRST: Final = KeyPair(decryption=DECRYPTION, signing=SIGNING)
SECOND: Final = KeyPair(
    decryption=test_key("decryption-2"), signing=test_key("signing-2")
)
PASSWORD: Final = "p12-geheim-ä"
SOURCE: Final = """
id = "bauamt"
name = "Bauamt"
adapter = "fitconnect"

[connection]
version = "v2"
token_url = "{token_url}"
submission_url = "{base_url}"
destination_url = "{base_url}/destination-api"
destination = "{destination_id}"
client_id = "{client_id}"
client_secret = "env:FIT_SECRET"
decryption_keys = ["file:keys/fitconnect/bauamt/decryption.jwks.json"]
signing_key = "file:keys/fitconnect/bauamt/signing.jwk.json"
"""


ALGORITHMS: Final = """
[connection.algorithms]
key_encryption = ["RSA-OAEP-512", "RSA-OAEP-256"]
signature = ["PS256", "PS512"]
"""


@pytest.fixture
def amtsweg(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", sqlite_url, monkeypatch.setenv)


@pytest.fixture
def folder(amtsweg: CommandLine) -> KeyFolder:
    return KeyFolder(amtsweg.home / "keys", "bauamt")


@pytest.fixture
async def sandbox(
    amtsweg: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pointed]:
    """One whose destination is a source of the installation."""
    async with fitconnect_here(tmp_path / "sandbox") as pointed:
        sources = amtsweg.home / "config" / "sources"
        sources.mkdir()
        text = SOURCE.format(**pointed.line, client_id=pointed.subscriber.client_id)
        (sources / "bauamt.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("FIT_SECRET", pointed.subscriber.client_secret)
        yield pointed


def pkcs12_file(path: Path, key: PrivateKey) -> Path:
    """The key with the certificates it carries."""
    own, *others = read_chain(key)
    raw = pkcs12.serialize_key_and_certificates(
        b"bauamt", key.rsa, own, others, BestAvailableEncryption(PASSWORD.encode())
    )
    path.write_bytes(raw)
    return path


def certified(folder: Path, pair: KeyPair, root: Authority) -> tuple[str, ...]:
    """Options of ``import-p12`` for this pair."""
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=300)
    kid = pair.decryption.kid
    files = [
        pkcs12_file(
            folder / f"{kid}-{n}.p12",
            root.certified(key, via=[root], start=start, end=end),
        )
        for n, key in enumerate((pair.decryption, pair.signing))
    ]
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    return (
        *("--decryption", str(files[0]), "--signing", str(files[1])),
        *("--password", f"file:{folder / 'password'}"),
    )


async def test_keys_are_made_once(amtsweg: CommandLine, folder: KeyFolder) -> None:
    made = await amtsweg("fitconnect", "keygen", "bauamt")
    again = await amtsweg("fitconnect", "keygen", "bauamt", "--json")

    assert (made.code, again.code) == (0, 0)
    assert "file:keys/fitconnect/bauamt/signing.jwk.json" in made.out
    assert "Self-Service-Portal" in made.out
    pair = folder.current()
    assert again.json["made"] is False
    assert again.json["encryptionPublicKey"]["kid"] == pair.decryption.kid
    assert again.json["signingPublicKey"]["key_ops"] == ["verify"]
    assert pair.decryption.rsa.key_size == pair.signing.rsa.key_size == 4096
    for said in (made, again):
        for number in (pair.decryption.rsa.private_numbers().d,):
            assert str(number) not in said.out + said.err
        assert '"d"' not in said.out
    files = [path for path in folder.path.iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("keygen", "../bauamt"), 1),
        (("rotate", "bauamt"), 2),
        (("publish", "bauamt"), 1),
        (("check", "bauamt"), 1),
        (
            ("import-p12", "bauamt", "--decryption", "/nowhere.p12", "--password", "x"),
            2,
        ),
        (
            ("import-p12", "bauamt", "--decryption", "/no", "--password", "env:NO_P12"),
            2,
        ),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
async def test_what_cannot_be_done_says_why(
    amtsweg: CommandLine, arguments: tuple[str, ...], code: int
) -> None:
    said = await amtsweg("fitconnect", *arguments)

    assert (said.code, said.out) == (code, "")
    assert said.err
    assert "Traceback" not in said.err
    assert "E-BUG" not in said.err


async def test_a_rotation_is_published_and_used(
    amtsweg: CommandLine, folder: KeyFolder, sandbox: Pointed
) -> None:
    folder.create(with_self_signed(FIRST, name="Bauamt", at=NOW))
    once = await amtsweg("fitconnect", "rotate", "bauamt", "--json")
    twice = await amtsweg("fitconnect", "rotate", "bauamt", "--json")
    checked = await amtsweg("fitconnect", "check", "bauamt", "--json")
    published = await amtsweg("fitconnect", "publish", "bauamt", "--json")
    again = await amtsweg("fitconnect", "publish", "bauamt", "--json")
    well = await amtsweg("fitconnect", "check", "--json")

    new = once.json["decryption_kid"]
    assert (once.json["made"], twice.json["made"]) == (True, False)
    assert twice.json["decryption_kid"] == new
    assert checked.code == 3
    assert "new keys wait" in wrong(checked.json)
    assert (published.code, published.json["rotated"]) == (0, True)
    assert published.json["decryption_kid"] == new
    assert published.json["added"] == [new, once.json["signing_kid"]]
    assert (again.code, again.json["added"], again.json["rotated"]) == (0, [], False)
    assert (well.code, wrong(well.json)) == (0, [])
    assert folder.current().decryption.kid == new
    assert len(folder.decryption()) == 2


def wrong(report: list[dict[str, list[dict[str, object]]]]) -> list[object]:
    return [
        one["subject"]
        for source in report
        for one in source["findings"]
        if not one["ok"]
    ]


async def test_keys_are_made_for_the_algorithms_of_their_source(
    amtsweg: CommandLine, folder: KeyFolder, sandbox: Pointed, tmp_path: Path
) -> None:
    first = certified(tmp_path, FIRST, Authority("Wurzel"))
    folder.create(with_self_signed(FIRST, name="Bauamt", at=NOW))
    source = amtsweg.home / "config" / "sources" / "bauamt.toml"
    before = source.read_text("utf-8")
    source.write_text(before + ALGORITHMS, encoding="utf-8")
    checked = await amtsweg("fitconnect", "check", "bauamt", "--json")
    same = await amtsweg("fitconnect", "import-p12", "bauamt", *first)
    rotated = await amtsweg("fitconnect", "rotate", "bauamt", "--json")
    source.write_text(before + ALGORITHMS.replace("PS256", "RS256"), encoding="utf-8")
    refused = await amtsweg("fitconnect", "keygen", "another")

    assert wrong(checked.json) == [
        f"algorithm of the decryption key {DECRYPTION.kid[:8]}…",
        f"algorithm of the signing key {SIGNING.kid[:8]}…",
    ]
    assert same.code == 1
    assert "keeps the algorithm" in same.err
    assert rotated.json["made"] is True
    algorithms = [jwk["alg"] for jwk in folder.published()]
    assert algorithms == ["RSA-OAEP-256", "PS512", "RSA-OAEP-512", "PS256"]
    assert refused.code == 2
    assert "bauamt.toml:19" in refused.err


async def test_an_old_signature_key_that_is_not_published_any_more_is_told(
    amtsweg: CommandLine, folder: KeyFolder, sandbox: Pointed
) -> None:
    # The destination publishes FIRST alone, as if it were new.
    folder.create(with_self_signed(SECOND, name="Bauamt", at=NOW))
    folder.add(with_self_signed(FIRST, name="Bauamt", at=NOW))
    folder.promote(at=NOW)
    said = await amtsweg("fitconnect", "check", "bauamt", "--json")

    assert (said.code, wrong(said.json)) == (3, ["old signature keys are published"])


async def test_certificates_of_an_authority_are_imported_and_renewed(
    amtsweg: CommandLine, folder: KeyFolder, sandbox: Pointed, tmp_path: Path
) -> None:
    root = Authority("Wurzel")
    first = certified(tmp_path, FIRST, root)
    second = certified(tmp_path, SECOND, root)
    imported = await amtsweg("fitconnect", "import-p12", "bauamt", *first, "--json")
    again = await amtsweg("fitconnect", "import-p12", "bauamt", *first, "--json")
    refused = await amtsweg("fitconnect", "rotate", "bauamt")
    renewed = await amtsweg("fitconnect", "import-p12", "bauamt", *second, "--json")
    published = await amtsweg("fitconnect", "publish", "bauamt")

    assert (imported.json["made"], again.json["made"]) == (True, False)
    assert len(imported.json["encryptionPublicKey"]["x5c"]) == 2
    assert refused.code == 1
    assert "import-p12" in refused.err
    assert renewed.json["made"] is True
    assert published.code == 0
    assert folder.current().decryption.kid == SECOND.decryption.kid
    for said in (imported, again, refused, renewed, published):
        assert PASSWORD not in said.out + said.err


async def test_a_check_follows_chains_and_asks_about_revocation(
    amtsweg: CommandLine, folder: KeyFolder, sandbox: Pointed, tmp_path: Path
) -> None:
    root, stranger = Authority("Wurzel"), Authority("Fremd")
    options = certified(tmp_path, FIRST, root)
    await amtsweg("fitconnect", "import-p12", "bauamt", *options)
    for one, name in ((root, "root"), (stranger, "stranger")):
        pem = one.certificate.public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    own, signing = folder.current().decryption, folder.current().signing
    later = NOW + timedelta(days=9)
    good = root.revocation_list(end=later, start=NOW - timedelta(hours=1))
    bad = root.revocation_list(
        *read_chain(own)[:1], end=later, start=NOW - timedelta(hours=1)
    )
    (tmp_path / "good.crl").write_bytes(good)
    (tmp_path / "bad.crl").write_bytes(bad)

    async def checked(*more: str) -> list[object]:
        said = await amtsweg("fitconnect", "check", "bauamt", "--json", *more)
        found = wrong(said.json)
        assert said.code == (3 if found else 0)
        return found

    rooted = ("--roots", str(tmp_path / "root.pem"))
    assert await checked() == []
    assert await checked(*rooted, "--crl", f"file:{tmp_path / 'good.crl'}") == []
    assert len(await checked(*rooted, "--crl", f"file:{tmp_path / 'bad.crl'}")) == 1
    assert len(await checked(*rooted, "--crl", "file:absent.crl")) == 2
    assert len(await checked("--roots", str(tmp_path / "stranger.pem"))) == 2
    assert signing.certificates


async def test_a_rotation_puts_aside_what_nothing_needs_any_more(
    amtsweg: CommandLine, folder: KeyFolder
) -> None:
    folder.create(FIRST)
    folder.add(SECOND)
    folder.promote(at=NOW - KEPT)
    said = await amtsweg("fitconnect", "rotate", "bauamt")

    assert said.code == 0
    assert f"{FIRST.decryption.kid} is put aside" in said.err
    waiting = folder.waiting()
    assert waiting is not None
    assert folder.decryption() == (SECOND.decryption, waiting.decryption)
    # Without certificates before, there are none now.
    assert waiting.decryption.certificates == ()


def test_a_password_is_asked_for_and_not_shown(
    amtsweg: CommandLine, folder: KeyFolder, tmp_path: Path
) -> None:
    options = certified(tmp_path, FIRST, Authority("Wurzel"))[:4]
    question = f"Password of {Path(options[1]).name}: ".encode()
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "api.cli",
            "fitconnect",
            "import-p12",
            "bauamt",
            *options,
        ],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # Without a terminal of its own it would ask on ours.
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        # The last blank comes when the terminal shows nothing any more.
        assert process.stderr.read(len(question)) == question
        os.write(terminal, f"{PASSWORD}\n".encode())
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(theirs)
        os.close(terminal)

    assert (process.returncode, b"signing_key" in out) == (0, True)
    assert PASSWORD.encode() not in out + err
    assert folder.current().decryption.kid == FIRST.decryption.kid
