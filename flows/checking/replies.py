"""What a check process answers, read strictly: it has met documents of anybody."""

from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from flows.checking.orders import Checked, Mapped, MappedBack, RulesChecked

T = TypeVar("T", Checked, RulesChecked, Mapped, MappedBack)

_ADAPTERS: Final = {
    one: TypeAdapter(one) for one in (Checked, RulesChecked, Mapped, MappedBack)
}


class NotAReply(Exception):
    """The process says what it was not asked for."""


def reply_from_json(body: bytes, kind: type[T]) -> T:
    """Raises NotAReply."""
    try:
        found = _ADAPTERS[kind].validate_json(body)
    except ValidationError:
        # Its cause would show what the process has sent.
        raise NotAReply from None
    if not isinstance(found, kind):
        raise NotAReply
    return found
