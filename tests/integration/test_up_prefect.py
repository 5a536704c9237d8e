"""Everything on one machine, with Prefect beside it."""

import re
import time
from pathlib import Path

import httpx

from tests.counterparts.installation import (
    Installation,
    command_of,
    descendants_of,
    runs,
    until,
)
from tests.counterparts.prefect import PrefectCounterpart

END_SECONDS = 14.0


def test_prefect_shows_the_runs_that_carried_them(
    prefect_server: PrefectCounterpart, tmp_path: Path
) -> None:
    installation = Installation(folder=tmp_path)
    installation.spare_keys()
    # To make one takes ten seconds, and that server has made one already.
    prefect_server.give_new_database(installation.home)
    # Slowly: Prefect needs both cores to start its runs.
    with installation.started("up", "--demo", "--demo-every", "3") as up:
        up.until_said("Prefect is ready.", 90)
        up.until_said("→ archiviert")
        number = re.findall(r"(\S+)  .*→ archiviert", up.said())[0]
        url = f"http://127.0.0.1:{installation.prefect_port}/api/flow_runs/filter"
        wanted = {"flow_runs": {"tags": {"all_": [f"case:{number}"]}}}
        found: list[dict[str, object]] = []

        def completed() -> bool:
            found[:] = httpx.post(url, json=wanted, trust_env=False).json()
            return any(run["state_type"] == "COMPLETED" for run in found)

        until(completed)
        shown = installation.run("case", "show", number, "--json")
        everybody = descendants_of(up.process.pid)

        began = time.monotonic()
        code = up.interrupt()
        took = time.monotonic() - began

    assert [run["state_type"] for run in found] == ["COMPLETED"]
    assert str(found[0]["id"]) in shown.stdout
    assert code == 0, up.said()
    assert took < END_SECONDS
    assert len(everybody) >= 6
    assert not [command_of(pid) for pid in everybody if runs(pid)]
