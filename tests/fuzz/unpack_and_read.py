"""A coverage-guided fuzz target over unpacking, decoding and reading.

    pip install atheris
    python tests/fuzz/unpack_and_read.py -max_total_time=300 FOLDER_FOR_INPUTS

The first byte says what the rest is wrapped in, so that the fuzzer can get at what stands inside of archives and mails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["ingest", "email", "zipfile", "gzip", "parsedmarc"]):
    from tests.fuzz.claims import SMALL, delivered

from tests.fakes.reports import gz, mail, record, report, report_bytes, zipped

WRAPS = (
    lambda content: content,
    gz,
    lambda content: mail(gz(content)),
    lambda content: zipped({"a.xml": content, "b.txt": b"b"}),
    lambda content: mail(content, content_type="text/xml", cte="8bit" if content.isascii() else "base64"),
    lambda content: gz(zipped({"a": content})),
    lambda content: b"Content-Type: multipart/mixed; boundary=b\n\n" + content,
    lambda content: report(extra="§").encode().replace("§".encode(), content),
    lambda content: report_bytes([record("§"), record()]).replace("§".encode(), content),
)
SEEDS = (
    report_bytes([record("1"), record("2")]),
    report(attributes=' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', declaration="").encode("utf-16"),
    report(root="d:feedback", attributes=' xmlns:d="urn:x"').encode(),
    mail(gz(report_bytes()), gz(report_bytes(report_id="2")), html="<p>x</p>"),
    zipped({"a.xml": report_bytes(), "b.xml.gz": gz(report_bytes(report_id="2"))}),
    b"--b\nContent-Type: text/xml\n\n" + report_bytes() + b"\n--b--\n",
)


def one_input(data: bytes) -> None:
    """One delivery, every claim checked."""
    if len(data) > 1:
        delivered(WRAPS[data[0] % len(WRAPS)](data[1:]), SMALL)


def main() -> None:
    """Fuzz until libFuzzer's arguments say stop."""
    for argument in sys.argv[1:]:
        folder = Path(argument)
        if not argument.startswith("-"):
            folder.mkdir(exist_ok=True)
            for number, seed in enumerate(SEEDS):
                for wrap in (0, number % len(WRAPS)):
                    (folder / f"seed-{number}-{wrap}").write_bytes(bytes([wrap]) + seed)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
