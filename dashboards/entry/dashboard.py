"""What Streamlit runs for every look at a page.

It stands alone in its folder for two reasons: Streamlit puts that folder first on `sys.path`, where `dashboards/context.py`
and others would be importable under short names; and it takes a folder `pages/` beside the script for the pages of the app.
"""

from __future__ import annotations

from dashboards.app import main

main()
