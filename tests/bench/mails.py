"""Reports as they come: XML of both schemas, in gzip and zip, as mails. All of it follows from a seed."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORTERS, DOMAINS, SOURCES = 40, 20, 200_000
FIRST_DAY = 1_735_689_600  # 2025-01-01
DAY_S = 86_400
_RFC9990 = ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'
_HUMAN = ("", "", "", "<human_result>2048-bit key</human_result>")
_REASONS = (  # the last is of RFC 7489 only
    "<reason><type>local_policy</type><comment>arc=pass as[1].d=relay.example.as[1].s=s1</comment></reason>",
    "<reason><type>mailing_list</type><comment/></reason>",
    "<reason><type>forwarded</type><comment>looks forwarded, downgrade to none</comment></reason>",
)


def write(folder: Path, reports: int, records: int, *, seed: int = 1) -> None:
    """The folder holds `reports` mails, each with one report of `records` records."""
    folder.mkdir(parents=True)
    for number, body in enumerate(mails(reports, records, seed=seed)):
        (folder / f"{number:06}.eml").write_bytes(body)


def mails(reports: int, records: int, *, days: int = 400, seed: int = 1) -> Iterator[bytes]:
    """Mails with one report each, of the `days` from FIRST_DAY on."""
    rng = random.Random(seed)
    for number in range(reports):
        yield _mail(rng, number, number % days, records)


def report(records: int, *, seed: int = 1, modern: bool = False) -> bytes:
    """The XML of one report of that many records."""
    return _xml(random.Random(seed), "huge", 0, records, modern=modern)


def _mail(rng: random.Random, number: int, day: int, records: int) -> bytes:
    reporter, begin = _ranked(rng, REPORTERS), FIRST_DAY + day * DAY_S
    xml = _xml(rng, str(number), day, records, modern=reporter % 6 == 5, reporter=reporter)
    name = f"reporter{reporter}.example!domain0.example!{begin}!{begin + DAY_S - 1}"
    mail = EmailMessage()
    mail["From"] = f"DMARC reports <noreply@reporter{reporter}.example>"
    mail["To"] = "dmarc@corp.example"
    mail["Subject"] = f"Report domain: domain0.example Submitter: reporter{reporter}.example Report-ID: {number}"
    mail["Date"] = formatdate(begin + 30 * 3600)
    mail["Message-ID"] = f"<{number}@reporter{reporter}.example>"
    mail.set_content("This is an aggregate report.\n")
    if reporter % 3 == 0:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(f"{name}.xml"), xml, zipfile.ZIP_DEFLATED)
        mail.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename=f"{name}.zip")
    else:
        packed_xml = gzip.compress(xml, mtime=0)
        mail.add_attachment(packed_xml, maintype="application", subtype="gzip", filename=f"{name}.xml.gz")
    return bytes(mail)


def _ranked(rng: random.Random, number: int) -> int:
    """Of so many the n-th about 1/n as often as the first."""
    return int((number + 1) ** rng.random()) - 1


def _xml(rng: random.Random, report_id: str, day: int, records: int, *, modern: bool, reporter: int = 0) -> bytes:
    begin, domain = FIRST_DAY + day * DAY_S, f"domain{_ranked(rng, DOMAINS)}.example"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f"<feedback{_RFC9990 if modern else ''}>\n",
        "<version>1.0</version>\n" if modern else "",
        f"<report_metadata>\n<org_name>reporter{reporter}.example</org_name>\n<email>noreply@reporter{reporter}.example</email>\n",
        f"<report_id>{report_id}</report_id>\n<date_range><begin>{begin}</begin><end>{begin + DAY_S - 1}</end></date_range>\n",
        "<generator>reporter 1.0</generator>\n" if modern else "",
        f"</report_metadata>\n<policy_published>\n<domain>{domain}</domain>\n",
        "<discovery_method>treewalk</discovery_method>\n" if modern else "",
        "<adkim>r</adkim>\n<aspf>r</aspf>\n<p>none</p>\n<sp>none</sp>\n",
        "<testing>n</testing>\n" if modern else "<pct>100</pct>\n",
        "</policy_published>\n",
    ]
    lines += [_record(rng, domain, modern=modern) for _ in range(records)]
    return "".join([*lines, "</feedback>\n"]).encode()


def _address(rng: random.Random) -> str:
    source = random.Random(_ranked(rng, SOURCES))
    if source.random() < 0.12:
        return f"2001:db8:{source.randrange(1, 61):x}:{source.randrange(1, 4000):x}::{source.randrange(1, 60000):x}"
    return f"{source.randrange(11, 191)}.{source.randrange(256)}.{source.randrange(256)}.{source.randrange(1, 255)}"


def _record(rng: random.Random, domain: str, *, modern: bool) -> str:
    service, luck = _ranked(rng, 40), rng.random()
    dkim, spf = luck < 0.75, 0.3 < luck < 0.85
    mailer = f"bounce.{domain}" if spf else f"mail.service{service}.example"
    signed = [(domain, f"s{service % 4}", "pass")] if dkim else [(domain, "s0", "fail")] * (luck > 0.9)
    signed += [(f"service{service}.example", "k1", "pass")] * (service % 3 == 0) + [
        ("signer.example", "x2024", "pass")
    ] * (service % 9 == 0)
    signatures = "".join(
        f"<dkim>\n<domain>{by}</domain>\n<selector>{selector}</selector>\n<result>{result}</result>\n{_HUMAN[service % 4]}</dkim>\n"
        for by, selector, result in signed
    )
    return (
        f"<record>\n<row>\n<source_ip>{_address(rng)}</source_ip>\n<count>{int(1 / (0.0001 + rng.random()))}</count>\n<policy_evaluated>\n"
        f"<disposition>none</disposition>\n<dkim>{'pass' if dkim else 'fail'}</dkim>\n<spf>{'pass' if spf else 'fail'}</spf>\n"
        f"{rng.choice(_REASONS[: 2 if modern else 3]) if luck > 0.95 else ''}</policy_evaluated>\n</row>\n<identifiers>\n"
        f"{'<envelope_to>customer.example</envelope_to>' if service % 4 == 1 else ''}<envelope_from>{mailer}</envelope_from>\n"
        f"<header_from>{domain}</header_from>\n</identifiers>\n<auth_results>\n{signatures}<spf>\n<domain>{mailer}</domain>\n"
        f"<scope>mfrom</scope>\n<result>{'pass' if spf else 'softfail'}</result>\n</spf>\n</auth_results>\n</record>\n"
    )
