"""All packs there are: looked up by what documents say, compiled when needed."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from schemas.errors import PackBroken
from schemas.packs.compiled import CompiledPack
from schemas.packs.manifest import Manifest
from schemas.packs.presence import ACTIVE, Inactive, PackEntry, requirements, scan
from schemas.packs.sums import Sealed, sealed, shown

MIB: Final = 2**20

K = TypeVar("K")


def shipped_packs() -> Path:
    """The folder of the packs that come with Amtsweg."""
    return Path(__file__).parent / "shipped"


class PackLibrary:
    """What lay in the places when it was made; any thread may ask.

    Packs of the first place are active as they are. Those of the other places need
    a record that their samples went as they should.
    """

    def __init__(self, places: Sequence[Path], *, budget: int = 200 * MIB) -> None:
        """Reads manifests and sums; ``budget`` is in bytes of what is compiled."""
        self._entries = scan(places)
        self._by_key: dict[str, PackEntry] = {}
        for entry in self._entries:
            self._by_key.setdefault(entry.key, entry)
        active = sorted(
            (entry for entry in self._entries if entry.status == ACTIVE),
            key=_newest_first,
        )
        self._roots = _index(active, _roots)
        self._uris = _index(active, _uris)
        self._forms = _index(active, _forms)
        self._namespaces = frozenset(space for space, _ in self._roots)
        self._budget = budget
        self._lock = Lock()
        self._making: defaultdict[str, Lock] = defaultdict(Lock)
        self._compiled: OrderedDict[str, CompiledPack] = OrderedDict()

    def entries(self) -> tuple[PackEntry, ...]:
        """Every pack, also those that cannot be used."""
        return self._entries

    def entry(self, key: str) -> PackEntry | None:
        """The pack of this id and version, active or not."""
        return self._by_key.get(key)

    def for_root(self, namespace: str, name: str) -> tuple[PackEntry, ...]:
        """Active packs that know this root element, the newest validity first."""
        return self._roots.get((namespace, name), ())

    def knows_namespace(self, namespace: str) -> bool:
        """Whether an active pack has any message in this namespace."""
        return namespace in self._namespaces

    def for_uri(self, uri: str) -> tuple[PackEntry, ...]:
        """Active packs that this schema URI names; a fragment names a message only."""
        return self._uris.get(uri) or self._uris.get(uri.partition("#")[0], ())

    def for_form(self, profile: str, form: str) -> tuple[PackEntry, ...]:
        """Active packs for this form of a form server."""
        return self._forms.get((profile, form), ())

    def compiled(self, key: str) -> CompiledPack:
        """The pack ready for use; PackBroken where it is not as it was sealed.

        Whoever asks first compiles, whoever asks meanwhile waits for that.
        """
        if ready := self._ready(key):
            return ready
        with self._lock:
            making = self._making[key]
        with making:
            if ready := self._ready(key):
                return ready
            made = self._compile(key)
            self._keep(key, made)
        return made

    def _ready(self, key: str) -> CompiledPack | None:
        with self._lock:
            ready = self._compiled.get(key)
            if ready:
                self._compiled.move_to_end(key)
                self._lighten()
            return ready

    def _keep(self, key: str, made: CompiledPack) -> None:
        with self._lock:
            self._compiled[key] = made
            self._lighten()

    def _lighten(self) -> None:
        """Forgets what was not used for longest; the one just used always stays."""
        weight = sum(pack.weight for pack in self._compiled.values())
        while weight > self._budget and len(self._compiled) > 1:
            weight -= self._compiled.popitem(last=False)[1].weight

    def _compile(self, key: str) -> CompiledPack:
        entry = self._by_key.get(key)
        if entry is None:
            raise PackBroken(f"{shown(key)}: there is no such pack")
        if isinstance(entry.status, Inactive):
            raise PackBroken(f"{key}: {entry.status.reason}")
        wanted = (key, *requirements(self._by_key, key))
        return CompiledPack(
            entry.manifest, [_unchanged(self._by_key[one]) for one in wanted]
        )


def _unchanged(entry: PackEntry) -> Sealed:
    seal = sealed(entry.folder, entry.key)
    if seal.sha256 != entry.ref.sha256:
        raise PackBroken(f"{entry.key}: was exchanged since the packs were read")
    if changed := seal.differences():
        raise PackBroken(f"{entry.key}: {changed[0]}")
    return seal


def _newest_first(entry: PackEntry) -> tuple[int, str]:
    start = entry.manifest.valid_from or date.min
    return -start.toordinal(), entry.key


def _roots(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.schemas:
        for message in manifest.messages:
            yield message.namespace or manifest.namespace, message.name


def _uris(manifest: Manifest) -> Iterator[str]:
    yield from manifest.uri_aliases
    if manifest.standard_urn:
        yield f"{manifest.standard_urn}_{manifest.version}"


def _forms(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for form in manifest.forms:
        yield form.profile, form.id


def _index(
    entries: Iterable[PackEntry], keys_of: Callable[[Manifest], Iterable[K]]
) -> Mapping[K, tuple[PackEntry, ...]]:
    found: defaultdict[K, list[PackEntry]] = defaultdict(list)
    for entry in entries:
        for key in dict.fromkeys(keys_of(entry.manifest)):
            found[key].append(entry)
    return {key: tuple(held) for key, held in found.items()}
