"""Encodings, prefixes, hostile and broken XML: no character lost, nothing believed that is not there."""

from __future__ import annotations

import codecs

import pytest

from ingest.model import Fate, Origin, RawMail, ReadPayload
from ingest.normalize.decode import decode
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import element, gz, record, report

FRENCH = "Société Générale"
JAPANESE = "株式会社メール配信ﾃｽﾄ"
EUROPEAN = (
    "MÜLLER GmbH",
    "Österreich",
    "Straße",
    "ÉCOLE SUPÉRIEURE",
    "Ñandú",
    "ÅÄÖ Ab",
    "naïve créées",
    "São João ÇÃO",
    "©®",
)
UTF16 = ("utf-16-le", "utf-16-be")


def payload(content: bytes, limits: Limits | None = None) -> ReadPayload:
    (found,) = read(RawMail(Origin(path="x"), content), limits or Limits()).payloads
    return found


def reporter(content: bytes) -> str | None:
    found = payload(content)
    assert found.fate is Fate.ACCEPTED, found.reason
    assert found.report is not None
    return found.report.reporter_raw


def declared(encoding: str | None, name: str) -> str:
    words = "" if encoding is None else f'<?xml version="1.0" encoding="{encoding}"?>\n'
    return report(org_name=name, declaration=words)


@pytest.mark.parametrize("declaration", ["utf-16", None, "utf-8"])
@pytest.mark.parametrize("encoding", UTF16)
@pytest.mark.parametrize("bom", [True, False], ids=["bom", "no-bom"])
@pytest.mark.parametrize("leading", ["", "\n", " \r\n"], ids=["at-once", "newline", "blanks"])
def test_utf16_is_read_with_and_without_its_mark(
    *, declaration: str | None, encoding: str, bom: bool, leading: str
) -> None:
    content = (("\ufeff" if bom else "") + leading + declared(declaration, JAPANESE)).encode(encoding)
    assert reporter(content) == JAPANESE
    assert reporter(gz(content)) == JAPANESE


@pytest.mark.parametrize("declaration", ["UTF-8", "utf8", None, "us-ascii", "iso-8859-1", "shift_jis", "x-no-such"])
def test_utf8_with_its_mark_is_utf8_whatever_it_says(declaration: str | None) -> None:
    assert reporter(codecs.BOM_UTF8 + declared(declaration, FRENCH).encode()) == FRENCH


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("iso-8859-1", FRENCH), ("windows-1252", FRENCH + " €"), ("iso-8859-15", FRENCH + " €"), ("shift_jis", JAPANESE)]
    + [
        ("euc-jp", JAPANESE),
        ("iso-2022-jp", "日本語"),
        ("koi8-r", "Почта"),
        ("gb18030", "网易邮箱"),
        ("utf-8", FRENCH),
    ],
)
def test_a_declared_encoding_is_believed(encoding: str, name: str) -> None:
    assert reporter(declared(encoding, name).encode(encoding)) == name


@pytest.mark.parametrize("declaration", [None, "UTF-8", "x-no-such", "us-ascii", "utf-16"])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("latin-1", FRENCH),
        ("shift_jis", JAPANESE),
        ("shift_jis", "ﾒｰﾙﾃｽﾄ"),
        ("cp932", "①髙橋メール"),
        *(("latin-1", name) for name in EUROPEAN),
    ],
)
def test_an_encoding_nobody_declared_is_guessed_and_flagged(declaration: str | None, encoding: str, name: str) -> None:
    found = payload(declared(declaration, name).encode(encoding))
    assert found.report is not None
    assert found.report.reporter_raw == name
    assert "encoding_guessed" in found.report.flags


@pytest.mark.parametrize("name", ["punycode", "idna", "undefined", "unicode_escape", "utf-7", "hex", "rot13", "utf_16"])
def test_a_codec_that_is_no_character_set_is_not_believed(name: str) -> None:
    assert reporter(declared(name, FRENCH + " \\ud800 +2AA-").encode()) == FRENCH + " \\ud800 +2AA-"


@pytest.mark.parametrize("declaration", ["UTF-8", None])
def test_utf8_is_not_flagged_as_guessed(declaration: str | None) -> None:
    assert not decode(declared(declaration, JAPANESE).encode()).guessed


@pytest.mark.parametrize("leading", ["\n", "\r\n\r\n", "  \t", "\ufeff\n", "\ufeff", "\0\0"])
def test_what_stands_before_the_declaration_does_not_matter(leading: str) -> None:
    assert reporter((leading + report(org_name=FRENCH)).encode()) == FRENCH


@pytest.mark.parametrize("root", ["feedback", "Feedback", "FEEDBACK", "x:feedback"])
@pytest.mark.parametrize("namespace", ["urn:ietf:params:xml:ns:dmarc-2.0", "http://dmarc.org/dmarc-xml/0.1"])
def test_prefix_case_and_namespace_of_the_root_do_not_matter(root: str, namespace: str) -> None:
    prefix = "xmlns:x" if root.startswith("x:") else "xmlns"
    found = payload(report(root=root, attributes=f' {prefix}="{namespace}"').encode())
    assert found.fate is Fate.ACCEPTED
    assert found.report is not None
    assert found.report.namespace == namespace


def test_a_prefix_on_every_element_does_not_matter() -> None:
    text = report(org_name=FRENCH, declaration="").replace("</", "</d:").replace("<", "<d:").replace("<d:/d:", "</d:")
    text = text.replace("<d:feedback>", '<d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0">')
    assert reporter(text.encode()) == FRENCH


def test_comments_and_cdata_are_read_as_xml_says() -> None:
    text = report(org_name="<![CDATA[A & B]]> <!-- no --> C", declaration="<!-- <feedback> -->\n")
    assert reporter(text.encode()) == "A & B  C"


def test_markup_in_a_name_stays_text() -> None:
    assert reporter(report(org_name="&lt;script&gt;alert(1)&lt;/script&gt;").encode()) == "<script>alert(1)</script>"


DOCTYPES = {
    "harmless": "<!DOCTYPE feedback>",
    "external": '<!DOCTYPE feedback SYSTEM "file:///etc/passwd">',
    "laughs": '<!DOCTYPE feedback [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
    "lower": "<!doctype feedback>",
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", *UTF16, "shift_jis"])
@pytest.mark.parametrize("broken", [False, True], ids=["well-formed", "broken"])
def test_a_doctype_is_refused_in_every_encoding(*, doctype: str, encoding: str, broken: bool) -> None:
    names = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
    words = f'<?xml version="1.0" encoding="{names.get(encoding, encoding)}"?>\n{doctype}\n'
    text = report(org_name=JAPANESE + (" &b;" if "ENTITY" in doctype else ""), declaration=words)
    found = payload((text[:-20] if broken else text).encode(encoding))
    assert (found.fate, found.report) == (Fate.REJECTED, None)
    assert "DOCTYPE" in found.reason


@pytest.mark.parametrize("defect", ["A & B", "&nbsp;", "x &#0; y", "x \0 y", "<br>", "a < b"])
def test_xml_that_had_to_be_repaired_is_kept_but_not_counted(defect: str) -> None:
    found = payload(report(org_name=defect).encode())
    assert found.fate in {Fate.PARTIAL, Fate.QUARANTINED, Fate.REJECTED}
    assert "not well-formed" in found.reason or "no valid" in found.reason


def test_a_report_cut_short_is_partial_with_the_records_that_are_there() -> None:
    text = report([record(str(n)) for n in range(1, 6)], meta=element("error", "the reporter's own error"))
    found = payload(text[: text.index("<count>5")].encode())
    assert found.fate is Fate.PARTIAL
    assert found.report is not None
    assert [r.messages for r in found.report.records] == [1, 2, 3, 4]
    assert found.report.errors == ("the reporter's own error",)


def test_two_root_elements_are_not_counted() -> None:
    assert payload((report() + report(declaration="")).encode()).fate is Fate.PARTIAL


@pytest.mark.parametrize("root", ["html", "report", "feedbacks"])
def test_another_root_is_no_report(root: str) -> None:
    assert payload(report(root=root).encode()).fate is Fate.REJECTED
