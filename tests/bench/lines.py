"""What a benchmark says: something measured, held against a baseline on the same input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    part: str
    name: str
    measured: float | None  # None: it could not be measured, and `note` says why
    unit: str = "s"
    baseline: str = ""
    against: float | None = None  # the baseline, in the same unit
    ratio: str = ""
    target: str = ""
    met: bool | None = None  # None: there is no target, or it is for larger sizes
    note: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What we want; `judged` only where the sizes are at least those that it is for."""

    value: float
    judged: bool = True

    def met(self, *, holds: bool) -> bool | None:
        """Whether it is met; None where nobody may say so."""
        return holds if self.judged else None


def faster(part: str, name: str, ours_s: float, theirs: tuple[str, float], target: Target) -> Line:
    """How many times as fast as the baseline."""
    times = theirs[1] / ours_s
    met = target.met(holds=times >= target.value)
    return Line(part, name, ours_s, "s", *theirs, f"{times:.1f} x", f">= {target.value:g} x", met)


def share(part: str, name: str, ours_s: float, limit: tuple[str, float], target: Target) -> Line:
    """What part of the speed of a limit that cannot be exceeded."""
    part_of = limit[1] / ours_s
    met = target.met(holds=part_of >= target.value)
    return Line(part, name, ours_s, "s", *limit, f"{part_of:.1%}", f">= {target.value:.0%}", met)


def bounded(
    part: str, name: str, measured: tuple[float, str], against: tuple[str, float], target: Target | None = None
) -> Line:
    """Something, with its unit, that must not be more than so much."""
    baseline, value = against
    wanted, met = "", None
    if target is not None:
        wanted, met = f"<= {target.value:g} {measured[1]}", target.met(holds=measured[0] <= target.value)
    return Line(part, name, *measured, baseline, value, f"{measured[0] / value:.2f} x", wanted, met)


def missing(part: str, name: str, why: str) -> Line:
    """What could not be measured here."""
    return Line(part, name, None, note=f"not measured: {why}")


HEADINGS = ("", "line", "measured", "baseline", "ratio", "target", "met")


def cells(line: Line) -> tuple[str, ...]:
    """The line as texts, one for each of HEADINGS."""
    if line.measured is None:
        return (line.part, line.name, line.note, "", "", "", "")
    against = f"{line.baseline}: {_number(line.against)} {line.unit}" if line.against is not None else line.baseline
    met = "" if line.met is None else "yes" if line.met else "NO"
    return (line.part, line.name, f"{_number(line.measured)} {line.unit}", against, line.ratio, line.target, met)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(lines: list[Line]) -> str:
    """All lines below each other, in columns."""
    rows = [HEADINGS, *(cells(line) for line in lines)]
    widths = [
        max(len(row[column]) for row in rows if column != 2 or row[3] or row is rows[0])
        for column in range(len(HEADINGS))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(lines: list[Line]) -> str:
    """The same for a document."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(cells(line) for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
