"""Every report of a delivery comes out, whatever container it is in, or a line says why not."""

from __future__ import annotations

import io
import zipfile

import pytest

from ingest import unpack
from ingest.model import Kind, Origin, Payload, RawMail
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, report_bytes, zipped

LIMITS = Limits()
ONE = report_bytes(report_id="one")
TWO = report_bytes(report_id="two")


def unpacked(body: bytes, limits: Limits = LIMITS) -> list[Payload]:
    return unpack.payloads(RawMail(Origin(path="x"), body), limits)


def contents(body: bytes) -> list[bytes]:
    found = unpacked(body)
    assert all(payload.refused is None and payload.damaged is None for payload in found)
    assert {payload.kind for payload in found} == {Kind.AGGREGATE}
    return [payload.content for payload in found]


def refusals(body: bytes, limits: Limits = LIMITS) -> list[str]:
    return [payload.refused for payload in unpacked(body, limits) if payload.refused]


@pytest.mark.parametrize(
    "body",
    [ONE, gz(ONE), zipped({"r.xml": ONE}), gz(gz(ONE)), gz(zipped({"r.xml": ONE})), zipped({"r.xml.gz": gz(ONE)})]
    + [zipped({"inner.zip": zipped({"r.xml": ONE})}), zipped({"no-extension": ONE})]
    + [zipped({"r.xml": ONE}, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)],
    ids=["xml", "gz", "zip", "gz-in-gz", "zip-in-gz", "gz-in-zip", "zip-in-zip", "odd-name", "stored", "bzip2", "lzma"],
)
def test_a_report_comes_out_of_every_container(body: bytes) -> None:
    assert contents(body) == [ONE]


def test_both_reports_of_a_gzip_with_two_members_come_out() -> None:
    assert contents(gz(ONE, TWO)) == [ONE, TWO]


@pytest.mark.parametrize("cut", [1, 37, 100, len(ONE) // 2, len(ONE) - 1])
def test_one_report_split_over_two_gzip_members_is_one_report(cut: int) -> None:
    assert contents(gz(ONE[:cut], ONE[cut:])) == [ONE]


def test_a_report_split_where_an_element_begins_is_one_report() -> None:
    cut = ONE.index(b"<record>")
    assert contents(gz(ONE[:cut], ONE[cut:])) == [ONE]


def test_two_reports_in_one_zip_come_out() -> None:
    assert contents(zipped({"1.xml": ONE, "2.xml": TWO})) == [ONE, TWO]


def test_folders_and_system_junk_in_a_zip_are_passed_over() -> None:
    files = {"folder/": b"", "__MACOSX/._r.xml": b"\0\5\x16\7", ".DS_Store": b"Bud1", "folder/r.xml": ONE}
    assert contents(zipped(files)) == [ONE]


def test_a_readme_in_a_zip_has_a_line_and_does_not_hide_the_report() -> None:
    readme, found = unpacked(zipped({"readme.txt": b"hello", "r.xml": ONE}))
    assert (readme.kind, readme.member) == (Kind.OTHER, "readme.txt")
    assert (found.kind, found.content) == (Kind.AGGREGATE, ONE)


@pytest.mark.parametrize("garbage", [b"\0" * 512, b"garbage", b"\r\n"])
def test_bytes_after_a_gzip_stream_do_not_matter(garbage: bytes) -> None:
    assert contents(gz(ONE) + garbage) == [ONE]


def test_a_gzip_that_ends_early_is_marked() -> None:
    (payload,) = unpacked(gz(ONE)[:-30])
    assert payload.damaged == "gzip stream ends early"
    assert ONE.startswith(payload.content)


def test_a_gzip_without_its_trailer_is_marked() -> None:
    (payload,) = unpacked(gz(ONE)[:-4])
    assert payload.damaged == "gzip stream ends early"
    assert payload.content == ONE


def test_a_second_gzip_member_that_ends_early_is_marked_and_the_first_comes_out() -> None:
    first, second = unpacked(gz(ONE) + gz(TWO)[:-30])
    assert (first.content, first.damaged) == (ONE, None)
    assert second.damaged or second.refused


def test_a_wrong_gzip_checksum_is_marked() -> None:
    broken = bytearray(gz(ONE))
    broken[-8] ^= 0xFF
    (payload,) = unpacked(bytes(broken))
    assert "incorrect data check" in (payload.damaged or payload.refused or "")


def test_a_gzip_header_alone_is_refused() -> None:
    assert refusals(gz(ONE)[:10]) == ["gzip stream ends early"]


@pytest.mark.parametrize("keep", [20, 60, 200])
def test_a_zip_that_ends_early_is_refused(keep: int) -> None:
    (reason,) = refusals(zipped({"r.xml": ONE})[:keep])
    assert reason.startswith("zip archive cannot be opened")


def test_a_wrong_zip_checksum_is_marked() -> None:
    body = bytearray(zipped({"r.xml": ONE}, zipfile.ZIP_STORED))
    position = bytes(body).index(b"Reporter Example")
    body[position : position + 8] = b"Somebody"
    (payload,) = unpacked(bytes(body))
    assert "Bad CRC-32" in (payload.damaged or payload.refused or "")


def test_an_encrypted_zip_member_is_refused() -> None:
    body = bytearray(zipped({"r.xml": ONE}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[bytes(body).index(signature) + offset] |= 1
    assert refusals(bytes(body)) == ["zip member is encrypted"]


def test_a_zip_method_that_nobody_knows_is_refused() -> None:
    body = bytearray(zipped({"r.xml": ONE}))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        body[bytes(body).index(signature) + offset] = 99
    (reason,) = refusals(bytes(body))
    assert reason.startswith("zip member is damaged")


def test_a_zip_of_a_version_nobody_knows_is_refused() -> None:
    body = bytearray(zipped({"r.xml": ONE}))
    body[bytes(body).index(b"PK\x01\x02") + 6] = 75
    (reason,) = refusals(bytes(body))
    assert "zip file version 7.5" in reason


def test_an_empty_zip_is_refused() -> None:
    assert refusals(zipped({})) == ["the archive is empty"]


@pytest.mark.parametrize(
    "body",
    [gz(gz(gz(ONE))), zipped({"a.zip": zipped({"b.zip": zipped({"r.xml": ONE})})}), zipped({"a.gz": gz(gz(ONE))})],
    ids=["gz", "zip", "mixed"],
)
def test_three_levels_of_archives_are_refused(body: bytes) -> None:
    assert refusals(body) == ["archives nested too deeply"]


def test_a_person_may_load_more_members_than_a_stranger_may_send() -> None:
    archive = zipped({f"{n}.xml": report_bytes(report_id=str(n)) for n in range(12)})
    limits = Limits(members=10, members_loaded=12)
    assert len(unpack.payloads(RawMail(Origin(path="x"), archive, vouched=True), limits)) == 12
    assert unpack.payloads(RawMail(Origin(path="x"), archive), limits)[-1].refused is not None


def test_too_many_members_are_refused_and_the_first_ones_come_out() -> None:
    found = unpacked(zipped({f"{n}.xml": report_bytes(report_id=str(n)) for n in range(12)}), Limits(members=10))
    assert len([payload for payload in found if payload.kind is Kind.AGGREGATE]) == 10
    assert found[-1].refused == "more than 10 members in one mail"


def test_too_many_parts_are_refused_and_the_first_ones_come_out() -> None:
    body = mail(*(gz(report_bytes(report_id=str(n))) for n in range(8)))
    found = unpacked(body, Limits(members=9))
    assert len([payload for payload in found if payload.kind is Kind.AGGREGATE]) == 4
    assert "more than 9" in (found[-1].refused or "")


def test_the_payloads_of_one_mail_share_one_bound() -> None:
    limits = Limits(payload_bytes=len(ONE) + 10, mail_payload_bytes=len(ONE) + len(TWO) - 1)
    first, second = unpacked(mail(gz(ONE), gz(TWO)), limits)
    assert first.content == ONE
    assert "decompresses to more than" in (second.refused or "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"hello", Kind.OTHER), (b"", Kind.OTHER), (b"<html><body/></html>", Kind.OTHER), (b"\x89PNG\r\n", Kind.OTHER)]
    + [(b'{"organization-name": "x", "policies": []}', Kind.TLSRPT)],
    ids=["text", "empty", "html", "png", "tls"],
)
def test_a_file_that_is_no_report_has_one_line_of_its_kind(body: bytes, kind: Kind) -> None:
    assert [payload.kind for payload in unpacked(body)] == [kind]


def test_members_of_one_mail_have_names_of_their_own() -> None:
    names = [payload.member for payload in unpacked(mail(gz(ONE, TWO), gz(ONE)))]
    assert len(names) == len(set(names)) == 3


def test_two_zip_members_of_one_name_have_names_of_their_own() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("r.xml", ONE)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("r.xml", TWO)
    assert [payload.member for payload in unpacked(buffer.getvalue())] == ["r.xml", "r.xml#2"]
    assert contents(buffer.getvalue()) == [ONE, TWO]
