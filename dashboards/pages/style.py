"""The look that Streamlit's theme options do not reach: constant CSS, no data in it."""

from __future__ import annotations

import streamlit as st

_CSS = """
<style>
[data-testid="stMainBlockContainer"] { max-width: 1400px; padding: 1rem 2.25rem 4rem; }
[data-testid="stVerticalBlock"] { gap: .85rem; }
.st-key-top { border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); padding-bottom: .6rem; }
.st-key-brand [data-testid="stText"] { font-weight: 750; letter-spacing: -.015em; font-size: 1.1rem; padding-right: .75rem; }
.st-key-pages { align-items: center; }
.st-key-pages a, .st-key-pages button {
  min-height: 2.1rem; padding: .25rem .75rem; border-radius: 6px; display: flex; align-items: center; margin: 0; font-size: .95rem; }
.st-key-pages p { font-size: .95rem; font-weight: 500; }
.st-key-pages button { background: color-mix(in srgb, var(--st-primary-color, #1B7F5C) 14%, transparent); }
.st-key-pages button p { font-weight: 650; }
.st-key-filters [data-testid="stButtonGroup"] button, .st-key-ledger-filters [data-testid="stButtonGroup"] button { min-height: 2.35rem; }
.st-key-answer [data-testid="stText"] { font-size: 1.5rem; line-height: 1.4; font-weight: 650; letter-spacing: -.01em; }
.st-key-second [data-testid="stText"] { font-size: 1.05rem; line-height: 1.6; opacity: .88; }
.st-key-answer, .st-key-second { max-width: 76rem; overflow-wrap: anywhere; }
.st-key-answer { padding-top: .5rem; }
[class*="st-key-heading"] { align-items: baseline; padding-top: .75rem; }
[class*="st-key-heading"] h3 { padding: 0; }
.st-key-crumbs { font-size: .92rem; padding-top: .25rem; }
.st-key-crumbs button { padding: 0 .15rem; min-height: 1.6rem; }
.st-key-crumbs button p { text-decoration: underline; text-underline-offset: 3px; text-decoration-thickness: 1px; }
.st-key-crumbs [data-testid="stText"] { font-size: .92rem; opacity: .85; padding: 0 .15rem; }
[class*="st-key-change"] { border-bottom: 1px solid color-mix(in srgb, currentColor 9%, transparent); padding-bottom: .5rem; }
[class*="st-key-more"] a p, [class*="st-key-change"] a p, [class*="st-key-more"] button p { font-weight: 600; color: var(--st-primary-color, inherit); white-space: nowrap; }
[class*="st-key-more"] a, [class*="st-key-change"] a { padding-left: 0; }
[class*="st-key-words"] [data-testid="stText"] { max-width: 62rem; line-height: 1.65; }
[class*="st-key-facts"] { row-gap: .6rem; }
[class*="st-key-facts"] [data-testid="stVerticalBlock"] { gap: 0; }
[class*="st-key-facts"] [data-testid="stText"] { overflow-wrap: anywhere; }
[class*="st-key-technical"] [data-testid="stText"] * {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: .85rem; }
[class*="st-key-decide"] [data-testid="stForm"], .st-key-decide-import { max-width: 62rem; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
[data-testid="stElementToolbar"] button[aria-label^="Download as CSV"] { display: none; }
@media (max-width: 900px) {
  [data-testid="stMainBlockContainer"] { padding: .75rem 1.25rem 3rem; }
  .st-key-answer [data-testid="stText"] { font-size: 1.25rem; }
  .st-key-numbers [data-testid="stColumn"] { min-width: 30%; flex: 0 0 31%; }
}
@media print {
  .st-key-top, .st-key-filters, .st-key-crumbs button, [class*="st-key-more"] { display: none; }
  [data-testid="stMainBlockContainer"] { max-width: none; padding: 0; }
}
</style>
"""


def apply() -> None:
    """The page wears it."""
    st.html(_CSS)
