"""Results for machines and for readers: JSON, the block in docs/performance.md, and the picture of the growth curves."""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from tests.bench.bench import ROOT
from tests.bench.lines import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.bench.bench import Bench
    from tests.bench.lines import Line

DOCUMENT = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "img" / "growth.svg"
COLOURS = ("#1b6ca8", "#c44900", "#2a7f3f", "#7a3e9d", "#a0522d", "#00798c", "#b5179e", "#5f6b00")
SHOWN = 8  # the slowest
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 60, 190, 30, 50


def machine() -> dict[str, Any]:
    """Where this was measured, and with what."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    packages = ("whosends", "parsedmarc", "duckdb", "pandas", "pyarrow", "streamlit")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def write_json(path: Path, lines: Sequence[Line], bench: Bench) -> None:
    """Everything, in numbers."""
    said = {
        "machine": machine(),
        "sizes": asdict(bench.sizes),
        "lines": [asdict(line) for line in lines],
        "curves_s": bench.curves,
    }
    path.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def write_docs(lines: Sequence[Line], bench: Bench, *, document: Path = DOCUMENT, picture: Path = PICTURE) -> None:
    """The parts that were measured are in the document, in place of what it said about them; the rest of it is as it was."""
    text = document.read_text(encoding="utf-8")
    for name in dict.fromkeys(line.part for line in lines):
        of_part = [line for line in lines if line.part == name]
        text = _replaced(text, name, f"{_where(bench)}\n\n{markdown(of_part)}\n")
    if bench.curves:
        picture.write_text(svg(bench.curves), encoding="utf-8")
    document.write_text(text, encoding="utf-8")


def _replaced(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- part {name} -->\n", f"<!-- end {name} -->"
    start, stop = text.index(begin) + len(begin), text.index(end)
    return text[:start] + content + text[stop:]


def _where(bench: Bench) -> str:
    """One line about machine and versions."""
    on = machine()
    sizes = ", ".join(f"BENCH_{name.upper()}={value}" for name, value in asdict(bench.sizes).items())
    versions = ", ".join(f"{name} {on[name]}" for name in ("whosends", "parsedmarc", "duckdb"))
    return f"{on['cores']} cores, {on['memory_gb']} GB, Python {on['python']}, {versions}; {sizes}."


def svg(curves: Mapping[str, Mapping[int, float]]) -> str:
    """Milliseconds over records, both in powers of ten: the slowest questions of the pages."""
    pages = {name: taken for name, taken in curves.items() if not name.startswith("whosends")}
    slowest = sorted(pages, key=lambda name: -max(pages[name].values()))[:SHOWN]
    sizes = sorted({size for name in slowest for size in pages[name]})
    values = [taken * 1000 for name in slowest for taken in pages[name].values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 1)

    def x(size: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(size) - first) / (last - first)

    def y(milliseconds: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(milliseconds) - low) / max(high - low, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Milliseconds that the slowest questions of the pages take, by records in the database</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" fill="#333333">milliseconds</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 10}" fill="#333333" text-anchor="end">records in the database</text>',
    ]
    for power in range(low, max(high, low + 1) + 1):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}" stroke="#dddddd"/>'
        )
        parts.append(
            f'<text x="{LEFT - 6}" y="{y(10**power) + 4:.1f}" fill="#333333" text-anchor="end">{10**power:,g}</text>'
        )
    parts += [
        f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 18}" fill="#333333" text-anchor="middle">{size:,}</text>'
        for size in sizes
    ]
    names = _spread([(y(pages[name][max(pages[name])] * 1000), name) for name in slowest])
    for number, name in enumerate(slowest):
        colour, taken = COLOURS[number % len(COLOURS)], sorted(pages[name].items())
        points = " ".join(f"{x(size):.1f},{y(value * 1000):.1f}" for size, value in taken)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(value * 1000):.1f}" r="3" fill="{colour}"/>' for size, value in taken
        ]
        label = f"{name}, {taken[-1][1] * 1000:,.0f} ms"
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{names[name] + 4:.1f}" fill="{colour}">{escape(label)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _spread(places: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Places of names, none nearer than a line to the next."""
    found: dict[str, float] = {}
    lowest = 0.0
    for place, name in sorted(places):
        lowest = max(place, lowest + 15)
        found[name] = lowest
    return found
