"""One cheap pass over the raw XML: well-formed or not, within bounds or not, and its elements as small trees.

This is the independent count that parsedmarc's answer is held against. A document that is not well-formed is read once more by lxml's recovering
parser, and the result is marked as repaired.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.settings import Limits

ELEMENTS_PER_RECORD = 1_500  # 100 DKIM results of 5 elements (RFC 9990), and room
ELEMENTS_OUTSIDE = 15_000  # before the first record
ELEMENTS_IN_ALL = 5_000_000  # 200,000 records of 20 elements, and room; an element costs about 300 bytes
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY|ATTLIST)", re.IGNORECASE)
NAMESPACE_SEPARATOR = " "
TAGS_IN_BROKEN = 2_000_000
_LONG = re.compile(r"<[^<]{1000000}")  # one tag with a million attributes, or a megabyte of blanks


class Refused(Exception):
    """The document is hostile, past a bound, or no report at all; the message says which."""


@dataclass(slots=True)
class Node:
    """One element: local name in lower case, text without surrounding blanks, children in order."""

    name: str
    namespace: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        """What stands in it; None when that is nothing but blanks."""
        return "".join(self.pieces).strip() or None

    def all(self, name: str) -> list[Node]:
        """Children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def value(self, name: str) -> str | None:
        """Text of the first child of that name."""
        child = self.first(name)
        return child.text if child is not None else None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report as trees."""

    root: Node
    repaired: str | None = None  # what was wrong with the XML, when it is not well-formed


def read(text: str, limits: Limits) -> Document:
    """The elements of `text`.

    Raises:
        Refused: DOCTYPE, a bound was passed, or the root is not <feedback>.
    """
    if _LONG.search(text):
        raise Refused("a million characters between two tags")
    builder = _Builder(limits)
    try:
        builder.parse(text)
        document = Document(builder.finished())
    except expat.ExpatError as error:
        document = _recovered(text, limits, f"not well-formed XML: {error}")
    if document.root.name != "feedback":
        raise Refused(f"not a DMARC report: its root element is <{document.root.name[:50]}>")
    return document


_NO_ATTRIBUTES: Mapping[str, str] = {}  # one for all: most elements have none


class _Builder:
    """Expat handlers that build nodes and watch the bounds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stack: list[Node] = []
        self._root: Node | None = None
        self._elements = 0
        self._elements_since = 0  # the last record began
        self._records = 0
        self._text_size = 0

    def parse(self, text: str) -> None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=NAMESPACE_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)

    def finished(self) -> Node:
        if self._root is None:
            raise Refused("no XML element in it")
        return self._root

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, local = tag.rpartition(NAMESPACE_SEPARATOR)
        node = Node(sys.intern(local.lower()), sys.intern(namespace), attributes or _NO_ATTRIBUTES)
        self._elements += 1
        self._elements_since += 1
        if len(self._stack) == 1 and node.name == "record":
            self._records += 1
            self._elements_since = 1
        self._check(attributes)
        if self._stack:
            self._stack[-1].children.append(node)
        elif self._root is None:
            self._root = node
        self._stack.append(node)
        self._text_size = 0

    def end(self, _tag: str) -> None:
        self._stack.pop()

    def data(self, data: str) -> None:
        if self._stack:
            self._text_size += len(data)
            if self._text_size > self._limits.text_bytes and data.strip():
                raise Refused(f"an XML text is longer than {self._limits.text_bytes:,} characters")
            pieces = self._stack[-1].pieces
            if pieces or not data.isspace():
                pieces.append(data)

    def _check(self, attributes: dict[str, str]) -> None:
        if len(self._stack) >= self._limits.depth:
            raise Refused(f"XML elements are nested deeper than {self._limits.depth}")
        if self._records > self._limits.records:
            raise Refused(f"more than {self._limits.records:,} records in one report")
        allowed = ELEMENTS_PER_RECORD if self._records else ELEMENTS_OUTSIDE
        if self._elements_since > allowed or self._elements > ELEMENTS_IN_ALL:
            raise Refused(f"{self._elements:,} XML elements for {self._records:,} records")
        if attributes and sum(map(len, (*attributes, *attributes.values()))) > self._limits.text_bytes:
            raise Refused(f"XML attributes are longer than {self._limits.text_bytes:,} characters")


def _refuse_doctype(*_: object) -> None:
    raise Refused("the XML holds a DOCTYPE, which no report needs")


def _recovered(text: str, limits: Limits, problem: str) -> Document:
    """What lxml can save of a broken document."""
    if _DOCTYPE.search(text):
        _refuse_doctype()
    if (tags := text.count("<")) > TAGS_IN_BROKEN:  # lxml builds its whole tree before anybody can count
        raise Refused(f"{problem}; with {tags:,} tags it is too large to be repaired")
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Refused(problem) from error
    if root is None:
        raise Refused(problem)
    builder = _Builder(limits)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            builder.start(_expanded(element), {str(key): str(text) for key, text in element.attrib.items()})
            builder.data(element.text or "")
        else:
            builder.end("")
            builder.data(element.tail or "")
    return Document(builder.finished(), repaired=problem)


def _expanded(element: etree._Element) -> str:
    """`{namespace}local` in expat's form."""
    tag = str(element.tag)
    return tag[1:].replace("}", NAMESPACE_SEPARATOR, 1) if tag.startswith("{") else tag.rpartition(":")[2]
