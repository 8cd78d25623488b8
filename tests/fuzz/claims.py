"""What holds for whatever is delivered, and an independent count to hold it against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from ingest import unpack
from ingest.model import Fate, Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits

if TYPE_CHECKING:
    from ingest.model import ReadMail, ReadPayload

SMALL = Limits(
    mail_bytes=200_000,
    payload_bytes=300_000,
    mail_payload_bytes=500_000,
    members=20,
    members_loaded=20,
    records=50,
    depth=12,
    text_bytes=1_000,
)


def delivered(body: bytes, limits: Limits = SMALL) -> ReadMail:
    """`body` read, every claim checked."""
    mail = RawMail(Origin(path="x"), body)
    found = read(mail, limits)
    assert found.payloads or found.problem
    assert len({payload.member for payload in found.payloads}) == len(found.payloads)
    assert len(found.payloads) <= 2 * limits.members + 2
    assert sum(payload.size for payload in found.payloads) <= limits.mail_payload_bytes + limits.payload_bytes
    contents = {} if found.problem else {one.member: one.content for one in unpack.payloads(mail, limits)}
    for payload in found.payloads:
        assert payload.size <= max(limits.payload_bytes, len(body))
        assert (payload.fate is Fate.ACCEPTED) is not bool(payload.reason)
        if payload.fate is Fate.ACCEPTED:
            adds_up(payload, contents[payload.member], limits)
    return found


def adds_up(payload: ReadPayload, content: bytes, limits: Limits) -> None:
    """Records and messages of an accepted payload are those in its XML."""
    assert payload.report is not None
    records, messages = len(payload.report.records), payload.report.messages
    assert (payload.xml_records, payload.xml_messages) == (records, messages)
    assert 0 < records <= limits.records
    assert all(record.messages >= 0 for record in payload.report.records)
    counted = count(content)
    assert counted is None or counted == (records, messages), counted


def count(content: bytes) -> tuple[int, int] | None:
    """Records and messages by libxml2 and XPath; None where libxml2 does not read the document as it stands."""
    try:
        root = etree.fromstring(content.lstrip(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
    records = [child for child in root if _local(child) == "record"]
    counts = [
        "".join(text for text in number.xpath("text()")).strip()
        for record in records
        for row in record
        if _local(row) == "row"
        for number in row
        if _local(number) == "count"
    ]
    return len(records), sum(int(text) for text in counts if text.lstrip("+").isdigit())


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
