"""A small real specialist system to try things with, which misbehaves on demand."""

from adapters.http.sandbox.faults import Fault, Misbehaviour, Target
from adapters.http.sandbox.shelf import Copy
from adapters.http.sandbox.system import SandboxOptions, SpecialistSystem, serve

__all__ = [
    "Copy",
    "Fault",
    "Misbehaviour",
    "SandboxOptions",
    "SpecialistSystem",
    "Target",
    "serve",
]
