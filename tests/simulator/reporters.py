"""Who reports to the simulated company. Habits as seen in real reports: what is left out, who explains itself."""

from __future__ import annotations

from tests.simulator.nouns import Reporter

ARC = ("local_policy", "arc=pass")
REPORTERS = (
    Reporter(
        "google.com",
        0.38,
        envelope_from=False,
        scope=None,
        reasons={"list": ARC, "forwarded": ARC},
        tells=0.4,
    ),
    Reporter("Outlook.com", 0.11),
    Reporter("Enterprise Outlook", 0.16, reasons={"list": ARC, "forwarded": ARC}, tells=0.3),
    Reporter("Yahoo", 0.08, envelope_from=False, scope=None),
    Reporter("docomo.ne.jp", 0.09, scope=None, selectors=False),
    Reporter(
        "GMX",
        0.04,
        reasons={"list": ("mailing_list", ""), "forwarded": ("other", None)},
        tells=0.8,
        says_test_mode=True,
    ),
    Reporter(
        "Fastmail Pty Ltd",
        0.03,
        reasons={"list": ("mailing_list", None), "forwarded": ("trusted_forwarder", None)},
        tells=0.6,
        says_test_mode=True,
    ),
    Reporter("Mail.Ru", 0.03),
    Reporter("gateway.example", 0.02, selectors=False, no_results=0.3),
    Reporter("provider.example", 0.06, reasons={"list": ("mailing_list", None)}, tells=0.3),
)
BAD_DNS_DAYS = 0.02  # share of days on which a receiver's resolver has trouble
LATE = 0.25  # share of answers that do not come on such a day
LATE_ELSE = 0.0005  # on the others
FLIPS = 0.001  # signatures that arrive broken for no reason of the sender
