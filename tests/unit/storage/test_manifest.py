"""The manifest has one form, and the tag files make a bag (RFC 8493)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ObjectDamaged
from storage.archive.manifest import (
    Digest,
    Digesting,
    Entry,
    Manifest,
    decode,
    encode,
    manifest_of,
    tag_files,
    verify,
)

LOCATION = "v1/99012345678901/2026/case/p0001"
TEXTS = st.text(max_size=20)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
ENTRIES = st.builds(
    Entry,
    path=st.from_regex(r"(data|evidence)/[a-z0-9]{1,8}\.xml", fullmatch=True),
    role=TEXTS,
    media_type=TEXTS,
    size=st.integers(0, 2**40),
    sha256=HEX,
    sha512=HEX,
)


def entry(path: str, content: bytes) -> Entry:
    digest = Digesting(content).done()
    return Entry(
        path=path,
        role="original",
        media_type="application/xml",
        size=digest.size,
        sha256=digest.sha256,
        sha512=digest.sha512,
    )


@given(
    about=st.dictionaries(TEXTS, TEXTS, max_size=3),
    files=st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.path),
)
def test_a_manifest_is_read_as_it_was_written(
    about: dict[str, str], files: list[Entry]
) -> None:
    manifest = manifest_of(LOCATION, about, files)

    assert decode(encode(manifest)) == manifest


@given(files=st.permutations([entry(f"data/{n}.xml", b"") for n in range(4)]))
def test_the_order_of_files_does_not_matter(files: list[Entry]) -> None:
    turned = list(reversed(files))

    assert manifest_of(LOCATION, {}, files) == manifest_of(LOCATION, {}, turned)


def test_the_bytes_are_plain_to_read() -> None:
    files = [entry("evidence/b.json", b""), entry("data/a.xml", b"<a/>")]
    text = encode(
        manifest_of(LOCATION, {"note": "Müller", "case": "1"}, files)
    ).decode()

    lines = text.splitlines()
    assert lines[0] == '{"about": {"case": "1", "note": "M\\u00fcller"},'
    assert lines[1] == '"files": ['
    assert lines[2].startswith('{"media_type": "application/xml", "path": "data/a.xml"')
    assert lines[-3:] == ["],", f'"location": "{LOCATION}",', '"version": 1}']


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"about": {}, "files": [], "location": "", "version": 2}',
        encode(manifest_of(LOCATION, {}, [])).replace(b"1}", b"2}"),
        encode(manifest_of(LOCATION, {}, [])).replace(b"1}", b'1, "x": 1}'),
        encode(manifest_of(LOCATION, {}, []))[:-1],
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(ObjectDamaged):
        decode(data)


def test_the_tag_files_are_those_of_a_bag() -> None:
    payload = entry("data/original/a.xml", b"<a/>")
    tags = tag_files(
        manifest_of(LOCATION, {}, [entry("evidence/e.json", b"{}"), payload])
    )

    sha256, sha512 = (hashlib.new(n, b"<a/>").hexdigest() for n in ("sha256", "sha512"))
    assert tags == {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": (
            f"External-Identifier: {LOCATION}\nPayload-Oxum: 4.1\n".encode()
        ),
        "manifest-sha256.txt": f"{sha256}  data/original/a.xml\n".encode(),
        "manifest-sha512.txt": f"{sha512}  data/original/a.xml\n".encode(),
    }


def test_a_package_with_all_its_files_verifies() -> None:
    manifest, found = whole()

    written = verify(encode(manifest), LOCATION, found)

    assert written.manifest_sha256 == hashlib.sha256(encode(manifest)).hexdigest()


@pytest.mark.parametrize("name", sorted(["data/a.xml", "bagit.txt", "bag-info.txt"]))
def test_a_missing_or_different_file_is_noticed(name: str) -> None:
    manifest, found = whole()
    different = {**found, name: Digesting(b"other").done()}
    missing = {path: digest for path, digest in found.items() if path != name}

    for files in (different, missing, {**found, "data/more.xml": found[name]}):
        with pytest.raises(ObjectDamaged):
            verify(encode(manifest), LOCATION, files)


def whole() -> tuple[Manifest, dict[str, Digest]]:
    manifest = manifest_of(LOCATION, {}, [entry("data/a.xml", b"<a/>")])
    found = {name: Digesting(c).done() for name, c in tag_files(manifest).items()}
    return manifest, {**found, "data/a.xml": manifest.files[0].digest}
