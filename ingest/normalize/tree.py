"""One cheap pass over the raw XML: well-formed or not, within bounds or not, and its elements as small trees.

This is the independent count that parsedmarc's answer is held against. A report is read slice by slice; each <record> is handed on as soon as it ends,
and its tree forgotten. A document that is not well-formed is read once more by lxml's recovering parser, and the result is marked as repaired.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from xml.parsers import expat
from xml.parsers.expat import errors as expat_errors

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.normalize.decode import Text
    from ingest.settings import Limits

ELEMENTS_PER_RECORD = 1_500  # 100 DKIM results of 5 elements (RFC 9990), and room
ELEMENTS_OUTSIDE = 15_000  # before the first record
ELEMENTS_FOR_A_RECORD = 30  # as many as 200,000 records of 20 elements, and room, may all reports of a mail have
RECORD_ELEMENTS = 5  # what a record costs besides its elements
ATTRIBUTES_IN_ALL = 500_000
NAMES_REMEMBERED = 500
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY|ATTLIST)", re.IGNORECASE)
NAMESPACE_SEPARATOR = " "
BROKEN_BYTES = 32_000_000
TAGS_IN_BROKEN = 1_000_000
TOKEN_BYTES = 1_000_000  # expat reads an unfinished tag or comment from its start again with each slice
_OUT_OF_MEMORY = expat_errors.codes[expat_errors.XML_ERROR_NO_MEMORY]

T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """What the reports of one mail have cost so far."""

    elements: int = 0
    attributes: int = 0


def elements_in_all(limits: Limits) -> int:
    """How many XML elements all reports of one mail may have."""
    return ELEMENTS_FOR_A_RECORD * limits.records


class Refused(Exception):
    """The document is hostile, past a bound, or no report at all; the message says which."""


@dataclass(slots=True)
class Node:
    """One element: local name in lower case, text without surrounding blanks, children in order."""

    name: str
    namespace: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    characters: str = ""

    @property
    def text(self) -> str | None:
        """What stands in it; None when that is nothing but blanks."""
        return self.characters.strip() or None

    def all(self, name: str) -> list[Node]:
        """Children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Node | None:
        """The first child of that name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def value(self, name: str) -> str | None:
        """Text of the first child of that name."""
        for child in self.children:
            if child.name == name:
                return child.text
        return None


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A whole report: its root without the records, and what was made of each record."""

    root: Node
    records: list[T]
    repaired: str | None = None  # what was wrong with the XML, when it is not well-formed


def read(text: Text, limits: Limits, spent: Spent, made: Callable[[], Callable[[int, Node], T]]) -> Document[T]:
    """The elements of `text`, each <record> as what `made` gives turns its index and tree into something smaller.

    Raises:
        Refused: DOCTYPE, a bound was passed, or the root is not <feedback>.
    """
    if text.content.count(b"<record>") > limits.records:
        raise Refused(f"more than {limits.records:,} records in one report")
    builder = _Builder(limits, spent, made())
    try:
        _parse(text, builder)
        return Document(builder.finished(), builder.records)
    except expat.ExpatError as error:
        if error.code == _OUT_OF_MEMORY:
            raise MemoryError from error
        return _recovered(text, _Builder(limits, spent, made()), f"not well-formed XML: {error}")


def _parse(text: Text, builder: _Builder[T]) -> None:
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=NAMESPACE_SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    for piece in text.slices():
        encoded = piece.encode("utf-8", "surrogatepass")
        parser.Parse(encoded, False)
        fed += len(encoded)
        if fed - parser.CurrentByteIndex > TOKEN_BYTES:
            raise Refused("a million characters in one XML tag or comment")
    parser.Parse(b"", True)


_NO_ATTRIBUTES: Mapping[str, str] = {}  # one for all: most elements have none


class _Builder(Generic[T]):
    """Expat handlers that build nodes and watch the bounds."""

    def __init__(self, limits: Limits, spent: Spent, made: Callable[[int, Node], T]) -> None:
        self.records: list[T] = []
        self._limits = limits
        self._depth = limits.depth
        self._made = made
        self._names: dict[str, tuple[str, str]] = {}
        self._stack: list[Node] = []
        self._root: Node | None = None
        self._spent = spent
        self._elements_since = 0  # the last record began
        self._records = 0
        self._text_size = 0

    def finished(self) -> Node:
        if self._root is None:
            raise Refused("no XML element in it")
        return self._root

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name, namespace = self._names.get(tag) or self._split(tag)
        node = Node(name, namespace, attributes or _NO_ATTRIBUTES)
        self._spent.elements += 1
        self._elements_since += 1
        depth = len(self._stack)
        if depth == 1 and name == "record":
            self._records += 1
            self._spent.elements += RECORD_ELEMENTS
            self._elements_since = 1
        elif depth:
            self._stack[-1].children.append(node)
        else:
            self._begin(node)
        self._stack.append(node)
        self._text_size = 0
        if attributes or depth >= self._depth or self._elements_since > ELEMENTS_PER_RECORD or name == "record":
            self._check(attributes)

    def end(self, _tag: str) -> None:
        node = self._stack.pop()
        if len(self._stack) == 1 and node.name == "record":
            self.records.append(self._made(len(self.records), node))

    def data(self, data: str) -> None:
        if self._stack:
            self._text_size += len(data)
            if self._text_size > self._limits.text_bytes and data.strip():
                raise Refused(f"an XML text is longer than {self._limits.text_bytes:,} characters")
            node = self._stack[-1]
            if node.characters or not data.isspace():
                node.characters += data

    def _split(self, tag: str) -> tuple[str, str]:
        namespace, _, local = tag.rpartition(NAMESPACE_SEPARATOR)
        found = sys.intern(local.lower()), sys.intern(namespace)
        if len(self._names) < NAMES_REMEMBERED:
            self._names[tag] = found
        return found

    def _begin(self, root: Node) -> None:
        if root.name != "feedback":
            raise Refused(f"not a DMARC report: its root element is <{root.name[:50]}>")
        self._root = root

    def _check(self, attributes: dict[str, str]) -> None:
        if len(self._stack) > self._limits.depth:
            raise Refused(f"XML elements are nested deeper than {self._limits.depth}")
        if self._records > self._limits.records:
            raise Refused(f"more than {self._limits.records:,} records in one report")
        allowed = ELEMENTS_PER_RECORD if self._records else ELEMENTS_OUTSIDE
        if self._elements_since > allowed:
            raise Refused(
                f"{self._elements_since:,} XML elements {'in one record' if self._records else 'before the first record'}"
            )
        if self._spent.elements > elements_in_all(self._limits):
            raise Refused(f"more than {elements_in_all(self._limits):,} XML elements in one mail")
        self._spent.attributes += len(attributes)
        if self._spent.attributes > ATTRIBUTES_IN_ALL:
            raise Refused(f"more than {ATTRIBUTES_IN_ALL:,} XML attributes in one mail")
        if attributes and sum(map(len, (*attributes, *attributes.values()))) > self._limits.text_bytes:
            raise Refused(f"XML attributes are longer than {self._limits.text_bytes:,} characters")


def _refuse_doctype(*_: object) -> None:
    raise Refused("the XML holds a DOCTYPE, which no report needs")


def _recovered(text: Text, builder: _Builder[T], problem: str) -> Document[T]:
    """What lxml can save of a broken document."""
    if len(text.content) > BROKEN_BYTES:
        raise Refused(f"{problem}; with {len(text.content):,} bytes it is too large to be repaired")
    whole = "".join(text.slices())
    if _DOCTYPE.search(whole):
        _refuse_doctype()
    if (tags := whole.count("<")) > TAGS_IN_BROKEN:  # lxml builds its whole tree before anybody can count
        raise Refused(f"{problem}; with {tags:,} tags it is too large to be repaired")
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(whole.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Refused(problem) from error
    if root is None:
        raise Refused(problem)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            builder.start(_expanded(element), {str(key): str(value) for key, value in element.attrib.items()})
            builder.data(element.text or "")
        else:
            builder.end("")
            builder.data(element.tail or "")
    return Document(builder.finished(), builder.records, repaired=problem)


def _expanded(element: etree._Element) -> str:
    """`{namespace}local` in expat's form."""
    tag = str(element.tag)
    return tag[1:].replace("}", NAMESPACE_SEPARATOR, 1) if tag.startswith("{") else tag.rpartition(":")[2]
