"""Reading one table of a configuration: every problem at once, unknown keys named."""

from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum
from typing import TypeVar

from schemas.configuration.problems import ConfigProblem
from schemas.secrets import REMEDY, SecretReference, parse_reference
from schemas.services import Setting

_E = TypeVar("_E", bound=Enum)


class Fields:
    """Takes values out of a table and notes what is wrong with each.

    After a problem a reading goes on with a harmless value, so that the next
    problem is found too; whoever uses the result looks at ``problems`` first.
    """

    def __init__(self, values: Mapping[str, Setting], *path: str) -> None:
        """``path`` says where the table stands, for the problems."""
        self._values = values
        self._path = path
        self._known: set[str] = set()
        self._problems: list[ConfigProblem] = []
        self._inner: list[Fields] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def wrong(self, name: str, sentence: str, remedy: str) -> None:
        """Note a problem of the key ``name``."""
        self._problems.append(
            ConfigProblem(path=(*self._path, name), sentence=sentence, remedy=remedy)
        )

    def finish(self) -> tuple[ConfigProblem, ...]:
        """Every problem found, those of unknown keys last."""
        for name in self._values:
            if name not in self._known:
                near = get_close_matches(name, sorted(self._known), n=1)
                known = ", ".join(sorted(self._known)) or "none"
                self.wrong(
                    name,
                    f"`{name}` is not a key of this table.",
                    f"Did you mean `{near[0]}`?" if near else f"Known keys: {known}.",
                )
        inner = [problem for one in self._inner for problem in one.finish()]
        return (*self._problems, *inner)

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty; without a default the key is required."""
        value = self._take(name, default)
        if isinstance(value, str) and value:
            return value
        if value is not None and value != default:
            self.wrong(name, f"`{name}` is not a text.", "Write a text in quotes.")
        return default or ""

    def number(self, name: str, *, default: float, least: float, most: float) -> float:
        """A number within bounds."""
        value = self._take(name, default)
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if numeric and least <= float(str(value)) <= most:
            return float(str(value))
        self.wrong(
            name,
            f"`{name}` is not a number from {least:g} to {most:g}.",
            f"Write a number in these bounds; the default is {default:g}.",
        )
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self.wrong(name, f"`{name}` is neither true nor false.", "Write true or false.")
        return default

    def choice(self, name: str, options: type[_E], *, default: _E | None) -> _E:
        """One of the enumeration's values; without a default it is required."""
        value = self._take(name, None if default is None else default.value)
        found = [option for option in options if option.value == value]
        if found:
            return found[0]
        if value is not None:
            words = ", ".join(f'"{option.value}"' for option in options)
            self.wrong(name, f"`{name}` has an unknown value.", f"Use one of {words}.")
        return default or next(iter(options))

    def secret(self, name: str) -> SecretReference | None:
        """A reference to a secret; a literal one is a problem. It is required."""
        return self._reference(name, self._take(name, None))

    def optional_secret(self, name: str) -> SecretReference | None:
        """A reference to a secret where there is one."""
        self._known.add(name)
        return self.secret(name) if name in self._values else None

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts; none, or the default, when the key is missing."""
        value = self._take(name, default)
        if isinstance(value, tuple):
            words = tuple(word for word in value if isinstance(word, str))
            if len(words) == len(value):
                return words
        self.wrong(name, f"`{name}` is not a list of texts.", 'Write ["a", "b"].')
        return ()

    def some_texts(self, name: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return self.texts(name)
        self._known.add(name)
        return (value,)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; none when the key is missing."""
        value = self._take(name, ())
        if isinstance(value, tuple):
            found = tuple(n for n in value if isinstance(n, int) and n is not True)
            if len(found) == len(value):
                return found
        self.wrong(name, f"`{name}` is not a list of numbers.", "Write [1, 2].")
        return ()

    def table(self, name: str) -> Mapping[str, str]:
        """A table of texts; empty when the key is missing."""
        value = self._take(name, {})
        if isinstance(value, Mapping):
            words = {key: word for key, word in value.items() if isinstance(word, str)}
            if len(words) == len(value):
                return words
        self.wrong(
            name, f"`{name}` is not a table of texts.", 'Write name = "text" lines.'
        )
        return {}

    def inner(self, name: str) -> "Fields":
        """A table within this one, empty when it is missing.

        Its problems are found with those of this one.
        """
        value = self._take(name, {})
        if not isinstance(value, Mapping):
            self.wrong(
                name, f"`{name}` is not a table.", f"Write a table [….{name}] of keys."
            )
            value = {}
        self._inner.append(Fields(value, *self._path, name))
        return self._inner[-1]

    def _take(self, name: str, default: Setting | None) -> Setting | None:
        self._known.add(name)
        if name not in self._values and default is None:
            self.wrong(name, f"`{name}` is missing.", f"Add `{name}`.")
        return self._values.get(name, default)

    def _reference(self, name: str, value: Setting | None) -> SecretReference | None:
        if value is None:
            return None
        reference = parse_reference(value) if isinstance(value, str) else None
        if reference is None:
            self.wrong(name, f"`{name}` is not a reference to a secret.", REMEDY)
        return reference
