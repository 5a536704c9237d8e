"""What is sent in the benchmark of FIT-Connect, and where its counterpart is."""

import base64
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from adapters.fitconnect.jose.keys import PrivateKey, read_private

SERVICE: Final = "urn:de:fim:leika:leistung:99107023017000"
SCHEMA: Final = "https://schema.example/sandbox/1.0.0"
AT_ONCE: Final = 4
WARM_UP: Final = 5
_DATA_BYTES: Final = 10_000
_ATTACHMENT_BYTES: Final = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The sandbox's own description, and a database."""

    line: dict[str, Any]
    postgres: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """As ``bench.fitconnect`` and the sandbox have left it there."""
        line = json.loads((folder / "sandbox" / "sandbox.json").read_text())
        return cls(line=line, postgres=(folder / "postgres").read_text())

    @property
    def base_url(self) -> str:
        """Without version."""
        return str(self.line["base_url"])

    @property
    def token_url(self) -> str:
        """Where tokens are."""
        return str(self.line["token_url"])

    @property
    def destinations(self) -> list[str]:
        """Every one there is."""
        return [str(one["destination_id"]) for one in self.line["destinations"]]

    def credentials(self, role: str) -> dict[str, str]:
        """Of sender or subscriber."""
        return dict(self.line[role])

    def key_files(self, destination: str) -> tuple[str, str]:
        """For decryption and for signing."""
        for one in self.line["destinations"]:
            if one["destination_id"] == destination:
                keys = one["private_keys"]
                return keys["decryption"], keys["signing"]
        raise KeyError(destination)

    def private_keys(self, destination: str) -> tuple[PrivateKey, PrivateKey]:
        """The same, read."""
        decryption, signing = map(Path, self.key_files(destination))
        return read_private(decryption.read_text()), read_private(signing.read_text())


def data(number: int) -> bytes:
    """An application in JSON, no two alike."""
    chance = random.Random(number)  # noqa: S311 - the same for everybody
    words = [chance.choice(("Müller", "Weiß", "Änne", "Straße")) for _ in range(1_000)]
    text = json.dumps({"nummer": number, "angaben": words}, ensure_ascii=False)
    return text.encode()[:_DATA_BYTES].rsplit(b",", 1)[0] + b"]}"


def attachment(number: int) -> bytes:
    """Bytes that nothing compresses."""
    chance = random.Random(-number)  # noqa: S311 - as above
    return b"%PDF-" + base64.b64encode(chance.randbytes(_ATTACHMENT_BYTES * 3 // 4))
