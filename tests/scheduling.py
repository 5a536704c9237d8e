"""Which tests run in one process: those of a file, and those that share a server."""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

PREFECT: Final = (
    "tests/integration/test_prefect_operators.py",
    "tests/integration/test_prefect_outages.py",
    "tests/integration/test_prefect_runs.py",
    "tests/integration/test_up_prefect.py",
)
"""They use the one server of their process, which takes long to start."""

LONGEST: Final = "tests/unit/sources/test_watches.py"
"""With a backlog of 5,000: begun last, it would be waited for alone."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """What a file has set up is set up once; files come in the order of their names.

    So the slow ones, which try the whole product, come first, and no process is
    left alone with one of them at the end.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "prefect" if file in PREFECT else file
