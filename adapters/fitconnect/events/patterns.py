"""The forms that ids have on the wire."""

import re
from typing import Final

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
UUID: Final = re.compile(_UUID)
SUBJECT: Final = re.compile(f"(submission|reply):({_UUID})")
TRANSACTION: Final = re.compile(f"case:({_UUID})")


def is_uuid(value: object) -> bool:
    """A UUID as text; of which version, nobody may rely on."""
    return isinstance(value, str) and UUID.fullmatch(value) is not None
