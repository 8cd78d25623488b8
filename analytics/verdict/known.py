"""Verdicts by what is known now: the registry of senders and the catalogue of services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.registry.load import registry
from analytics.services.catalogue import catalogue
from analytics.verdict.answers import judged_cases
from analytics.verdict.registered import Registered
from analytics.verdict.services import Recognised

if TYPE_CHECKING:
    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window


def judged_now(reader: Reader, window: Window) -> pd.DataFrame:
    """`answers.judged_cases` with the registry as it is and the catalogue that ships.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return judged_cases(reader, window, Registered(registry(reader)), Recognised(catalogue()))
