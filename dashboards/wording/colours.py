"""Colour means verdict, the same everywhere, never the only carrier; one tone for light pages and one for dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Hex colours. The verdict tones have a contrast of at least 3:1 on their background."""

    fine: str  # ours and passes; also "passed" where nothing is known yet
    broken: str  # ours and fails; also "failed"
    indirect: str  # forwarded or through a list
    stranger: str  # not ours
    unknown: str
    text: str
    quiet: str  # axes, second lines


LIGHT = Palette(
    fine="#1B7F5C",
    broken="#D97706",
    indirect="#5B7DB1",
    stranger="#B42318",
    unknown="#8A94A3",
    text="#1F2933",
    quiet="#5F6B7A",
)
DARK = Palette(
    fine="#3FA982",
    broken="#F0A23C",
    indirect="#8CA9D6",
    stranger="#EF7A6D",
    unknown="#98A2B0",
    text="#E6E9ED",
    quiet="#A5AFBB",
)


def of_side(colours: Palette) -> dict[str, str]:
    """The tone of each side of the split of all mail, the worst first."""
    return {
        "not_ours": colours.stranger,
        "ours_broken": colours.broken,
        "unknown": colours.unknown,
        "indirect": colours.indirect,
        "ours_fine": colours.fine,
        "excluded": colours.quiet,
    }


def palette(*, dark: bool) -> Palette:
    """The tones for one theme."""
    return DARK if dark else LIGHT
