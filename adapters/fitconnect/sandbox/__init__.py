"""A FIT-Connect to try things with: v1 and v2 side by side, on one's own machine."""

from adapters.fitconnect.sandbox.founding import Wishes
from adapters.fitconnect.sandbox.server import (
    FitConnectSandbox,
    SandboxOptions,
    serve,
)
from adapters.fitconnect.sandbox.switches import Switches

__all__ = ["FitConnectSandbox", "SandboxOptions", "Switches", "Wishes", "serve"]
