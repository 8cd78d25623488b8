"""Mails to give to parsing processes, and a look at whether such a process is still there."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ingest.model import Origin, RawMail
from tests.fakes.reports import gz, mail, record, report_bytes


def raw(body: bytes, name: str = "x") -> RawMail:
    return RawMail(Origin(path=name), body)


def small(number: int) -> RawMail:
    records = [record(str(number + 1), source_ip=f"192.0.2.{n}") for n in range(number % 7 + 1)]
    return raw(mail(gz(report_bytes(records, report_id=str(number)))), f"{number}.eml")


def long(records: int) -> RawMail:
    """A valid report that takes a while, about 7,000 records a second: parsedmarc has to read it, for an element that no standard knows."""
    return raw(gz(report_bytes([record(str(n), extra="<more/>") for n in range(records)])), "long")


MANY = [small(number) for number in range(40)]
MIXED = [
    *MANY[:15],
    raw(b""),
    raw(b"\x1f\x8b"),
    raw(mail(gz(report_bytes(), report_bytes(report_id="2")), report_bytes([record("x")]))),
    raw(gz(report_bytes([record(str(n)) for n in range(2_500)]), report_bytes(report_id="2"))),
    *MANY[15:30],
]


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc/self").exists() else True


def gone(pids: list[int], patience_s: float = 30) -> bool:
    """Whether all of them end, before somebody loses patience."""
    end = time.monotonic() + patience_s
    while any(is_there(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
