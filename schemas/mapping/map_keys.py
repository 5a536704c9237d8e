"""Taking keys out of a map's objects: every mistake at once, each with its place."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import TypeVar

_E = TypeVar("_E", bound=Enum)


class Mistakes:
    """What is wrong with a map, as lines: JSON pointer, sentence, remedy."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, at: str, sentence: str, remedy: str) -> None:
        """One more; ``at`` is a JSON pointer into the map."""
        # Keys may hold anything, a message stays on its line.
        shown = "".join(sign if sign.isprintable() else "?" for sign in at)
        self.lines.append(f"{shown or '/'}: {sentence} → {remedy}")


class MapKeys:
    """One object of a map; after a mistake reading goes on with a harmless value."""

    def __init__(self, found: object, at: str, mistakes: Mistakes) -> None:
        if not isinstance(found, Mapping):
            mistakes.note(at, "This is not an object.", 'Write {"key": …}.')
        self._found: Mapping[str, object] = found if isinstance(found, Mapping) else {}
        self._known: set[str] = set()
        self.at = at
        self.mistakes = mistakes

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def below(self, name: str) -> str:
        """Where the key stands."""
        return f"{self.at}/{name.replace('~', '~0').replace('/', '~1')}"

    def wrong(self, name: str, sentence: str, remedy: str) -> None:
        """Note a mistake at a key."""
        self.mistakes.note(self.below(name), sentence, remedy)

    def take(self, name: str, default: object = None) -> object:
        """Whatever stands there."""
        self._known.add(name)
        return self._found.get(name, default)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there and not be empty."""
        found = self.take(name, default)
        if found is None:
            self.wrong(name, f"`{name}` is missing.", f'Add "{name}": "…".')
        elif not isinstance(found, str) or not _is_sound(found):
            self.wrong(name, f"`{name}` is not a text.", 'Write "…".')
        elif found or default is not None:
            return found
        else:
            self.wrong(name, f"`{name}` is empty.", "Write what it should be.")
        return default or ""

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        found = self.take(name, default=False)
        if not isinstance(found, bool):
            self.wrong(name, f"`{name}` is not true or false.", "Write true or false.")
        return found is True

    def number(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 0."""
        found = self.take(name, default)
        if type(found) is int and 0 <= found <= most:
            return found
        self.wrong(
            name,
            f"`{name}` is not a whole number from 0 to {most}.",
            f"Write one; without it, it is {default}.",
        )
        return default

    def choice(self, name: str, options: tuple[_E, ...], default: _E) -> _E:
        """One of these words."""
        word = self.text(name, str(default.value))
        found = [option for option in options if option.value == word]
        if not found:
            words = ", ".join(f'"{option.value}"' for option in options)
            self.wrong(name, f"`{name}` has an unknown value.", f"Use one of {words}.")
        return found[0] if found else default

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none where it is missing."""
        found = self.take(name, [])
        if isinstance(found, list) and all(
            isinstance(one, str) and _is_sound(one) for one in found
        ):
            return tuple(found)
        self.wrong(name, f"`{name}` is not a list of texts.", 'Write ["a", "b"].')
        return ()

    def words(self, name: str) -> Mapping[str, str]:
        """An object of texts; empty where it is missing."""
        found = self.take(name, {})
        if isinstance(found, Mapping) and all(
            isinstance(one, str) and _is_sound(key + one) for key, one in found.items()
        ):
            return found
        self.wrong(name, f"`{name}` is not an object of texts.", 'Write {"a": "b"}.')
        return {}

    def objects(self, name: str) -> tuple["MapKeys", ...]:
        """A list of objects; none where it is missing."""
        found = self.take(name, [])
        if isinstance(found, list):
            return tuple(
                MapKeys(one, f"{self.below(name)}/{position}", self.mistakes)
                for position, one in enumerate(found)
            )
        self.wrong(name, f"`{name}` is not a list.", "Write [{…}, {…}].")
        return ()

    def inner(self, name: str) -> "MapKeys":
        """The object that stands there; an empty one where nothing does."""
        return MapKeys(self.take(name, {}), self.below(name), self.mistakes)

    def finish(self) -> None:
        """Note the keys that nobody asked for."""
        for name in self._found:
            if name not in self._known:
                near = get_close_matches(name, sorted(self._known), n=1)
                known = ", ".join(f"`{one}`" for one in sorted(self._known))
                self.wrong(
                    name,
                    "This key is not known here.",
                    f"Did you mean `{near[0]}`?" if near else f"Known: {known}.",
                )


def _is_sound(text: str) -> bool:
    """Half of a surrogate pair can be written in JSON, but never in UTF-8."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
