"""A process that has `whosends` imported and forks one for every line it reads; each can be told where to die.

Run as `python -m tests.faults.preloaded`. Only here does anything know of faults: the product has no hook for them. A request is a JSON object,
see `Request` in `tests.faults.poller`; the answer is a line with the status as `subprocess` gives it, and how many calls were made.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
from typing import Any


def main() -> None:
    """Serve until standard input ends."""
    _import_everything()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        counter, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(counter)
            _run(request, write_end)
        os.close(write_end)
        _answer(request, child, counter)


def _import_everything() -> None:
    import analytics
    import ingest

    for package in (ingest, analytics):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in (
        "dashboards.cli.main",
        "dashboards.cli.show",
        "parsedmarc",
        "parsedmarc.config",
        "imapclient",
        "duckdb",
        "pandas",
        "pyarrow",
    ):
        importlib.import_module(name)
    importlib.import_module("tests.faults.points")


def _answer(request: dict[str, Any], child: int, counter: int) -> None:
    after_s = request.get("kill_after_s")
    if after_s is not None:
        watched = os.pidfd_open(child)
        if not select.select([watched], [], [], after_s)[0]:
            os.kill(child, signal.SIGKILL)
        os.close(watched)
    _, status = os.waitpid(child, 0)
    with os.fdopen(counter, "rb") as pipe:
        calls = pipe.read()
    _end_group(child)
    print(json.dumps({"status": os.waitstatus_to_exitcode(status), "calls": int(calls or 0)}), flush=True)


def _end_group(child: int) -> None:
    """What the killed process had started itself is gone too, as after `kill -9` of a service."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return


def _run(request: dict[str, Any], counter: int) -> None:
    """Never returns: this is the child."""
    from dashboards.cli.main import main as whosends
    from tests.faults import points

    os.setpgid(0, 0)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name, value in request.get("limits", {}).items():
        resource.setrlimit(getattr(resource, name), (value, value))
    points.set_constants(request.get("constants", {}))
    sys.argv = ["whosends", *request["arguments"]]
    if not request.get("workers"):
        points.read_here()
    counted = points.arm(request.get("point"), request.get("call"), counting=request.get("counting", False))
    code: object = 0
    try:
        whosends()
    except SystemExit as end:
        code = end.code
    sys.setprofile(None)
    os.write(counter, str(counted()).encode())
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))  # without taking hundreds of modules apart


if __name__ == "__main__":
    main()
