"""`python -m dashboards.cli` is the `whosends` command."""

from __future__ import annotations

from dashboards.cli.main import main

main()
