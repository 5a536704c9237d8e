"""The independent PyPI client ``fitconnect``, run as a program of its own.

Its source warns when it is compiled and its calls block, so tests start a process.
"""

import asyncio
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.counterparts.fitconnect import Credentials, Pointed


async def ask(
    sandbox: Pointed, credentials: Credentials, **task: object
) -> dict[str, Any]:
    """What the client made of this task; its error if it ended with one."""
    orders = {
        "token_url": sandbox.token_url,
        "url": f"{sandbox.base_url}/v1",
        "client": [credentials.client_id, credentials.client_secret],
        **task,
    }
    command = (
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.counterparts.pypi_fitconnect",
    )
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _run(orders: dict[str, Any]) -> dict[str, Any]:
    from fitconnect import Environment, FITConnectClient  # noqa: PLC0415 - warns

    client = FITConnectClient(Environment.TESTING, *orders["client"])
    client.token_url = orders["token_url"]
    client.submission_api_url = orders["url"]
    try:
        match orders["do"]:
            case "send":
                attachments = map(base64.b64decode, orders["attachments"])
                return dict(
                    client.submission(
                        orders["destination"],
                        orders["service"],
                        data=orders["data"],
                        attachments=list(attachments),
                    )
                )
            case "activate":
                answer = client.activate_destination(orders["destination"])
                return {"status": answer.status_code}
            case "list":
                return {"submissions": client.available_submissions()}
            case _:
                key = json.loads(Path(orders["key"]).read_text(encoding="ascii"))
                got = client.retrieve_submission(orders["submission"], key)
                got["attachments"] = {
                    name: base64.b64encode(plain).decode()
                    for name, plain in got["attachments"].items()
                }
                return dict(got)
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return {"error": str(error), "type": type(error).__name__}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(json.load(sys.stdin))))
