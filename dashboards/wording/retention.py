"""What is said where old records are not kept, in both languages."""

from __future__ import annotations

ENGLISH = {
    "records.not_kept": "Records before {day} are not kept (daily sums are).",
}
JAPANESE = {
    "records.not_kept": "{day}より前のレコードは保存されていません(日ごとの集計は残っています)。",
}
