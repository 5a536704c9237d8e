"""What a JWK is for: its algorithm, by all that the key says of itself."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from adapters.fitconnect.jose.algorithms import KNOWN, Algorithms, encrypts
from adapters.fitconnect.jose.errors import KeyUnusable

Half: TypeAlias = tuple[str, str]
"""What one half of a key can do: of a key that encrypts, of one that signs."""
PUBLIC: Final[Half] = ("wrapKey", "verify")
PRIVATE: Final[Half] = ("unwrapKey", "sign")
# Libraries demand the one or the other; both are meant alike.
_ALIKE: Final = {"encrypt": "wrapKey", "decrypt": "unwrapKey"}
_NAMES: Final = (*KNOWN.key_encryption, *KNOWN.signature)
_USES: Final = {
    "enc": frozenset({"wrapKey", "unwrapKey"}),
    "sig": frozenset({"verify", "sign"}),
}


def operation_of(algorithm: str, half: Half) -> str:
    """As ``key_ops`` names it."""
    encryption, signature = half
    return encryption if encrypts(algorithm) else signature


def algorithm_of(jwk: Mapping[str, object], algorithms: Algorithms, half: Half) -> str:
    """The one algorithm of a key; every member that says so must say the same.

    A key that names none has the first that is allowed for its operation. Raises
    KeyUnusable.
    """
    if jwk.get("kty") != "RSA":
        raise KeyUnusable("`kty` is not RSA.")
    encryption, signature = half
    said = {encryption: algorithms.key_encryption, signature: algorithms.signature}
    if "alg" in jwk:
        alg = str(jwk["alg"])
        said = {name: (alg,) for name, allowed in said.items() if alg in allowed}
    if "use" in jwk:
        meant = _USES.get(str(jwk["use"]), frozenset())
        said = {name: allowed for name, allowed in said.items() if name in meant}
    if "key_ops" in jwk:
        named = jwk["key_ops"]
        operations = named if isinstance(named, list) else []
        meant = frozenset(_ALIKE.get(str(one), str(one)) for one in operations)
        said = {name: allowed for name, allowed in said.items() if name in meant}
    if len(said) != 1:
        raise KeyUnusable(_unfit(jwk, algorithms, half))
    _, (algorithm, *_) = said.popitem()
    return algorithm


def _unfit(jwk: Mapping[str, object], algorithms: Algorithms, half: Half) -> str:
    """Why it is none for us; of what it says only a name that we know is repeated."""
    allowed = (algorithms.key_encryption, algorithms.signature)
    alg = jwk.get("alg")
    if alg in _NAMES and not any(alg in names for names in allowed):
        return f"It is for {alg}, which is not among the `algorithms` of [connection]."
    needed = " or ".join(
        f"{' or '.join(names)} ({operation})"
        for names, operation in zip(allowed, half, strict=True)
    )
    return f"`alg` and `key_ops` do not say {needed}."
