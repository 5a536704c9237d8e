"""Whether a destination's key may be encrypted for: its certificate decides."""

import asyncio
from typing import Final

from cryptography import x509

from adapters.base import Surroundings
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.keyring.certificates import fault_of, read_chain, read_roots
from adapters.fitconnect.keyring.faults import CertificateFault
from adapters.fitconnect.keyring.fetching import Fetcher
from adapters.fitconnect.keyring.revocation import Fetch, revocation_fault, stops
from adapters.fitconnect.outbox.settings import KeyPolicy
from schemas.errors import SecretMissing

_NO_ROOTS: Final[tuple[x509.Certificate, ...]] = ()


class CertificateJudge:
    """As the operator configured it; roots and lists are read anew each time."""

    def __init__(
        self, policy: KeyPolicy, surroundings: Surroundings, fetch: Fetch | None = None
    ) -> None:
        """``fetch`` is for tests."""
        self._policy = policy
        self._surroundings = surroundings
        self._fetch = fetch or Fetcher(surroundings.home)

    async def fault(self, key: PublicKey) -> CertificateFault | None:
        """The first thing that stops us; None where nothing does.

        A key without a certificate passes where none is required. Raises
        SecretMissing where the roots cannot be read.
        """
        if not key.certificates and not self._policy.needs_certificate:
            return None
        now = self._surroundings.clock.now()
        roots = await asyncio.to_thread(self._roots)
        fault = await asyncio.to_thread(fault_of, key, roots=roots, at=now)
        if fault is not None:
            return fault
        doubt = await revocation_fault(
            read_chain(key),
            self._policy.revocation,
            roots=roots,
            fetch=self._fetch,
            at=now,
        )
        if doubt is not None and stops(doubt, self._policy.revocation.policy):
            return doubt
        return None

    def _roots(self) -> tuple[x509.Certificate, ...]:
        found = _NO_ROOTS
        for file in self._policy.roots:
            pem = self._surroundings.secrets.read(file).encode()
            try:
                found += read_roots(pem)
            except ValueError as error:
                raise SecretMissing(str(file)) from error
        return found
