"""Telling other systems what happens, by HTTP: which addresses may be told, signing, sending, trying again.

`allowance` and `schedule` decide and do nothing; `targets` asks the name service, `sending` the network.
"""

from webhooks.allowance import Allowance
from webhooks.schedule import Schedule
from webhooks.sealing import Sealer, Unsealable
from webhooks.sending import Answer, Sender, Undelivered
from webhooks.settings import WebhookAllowanceSettings
from webhooks.signing import new_secret, signed_headers
from webhooks.targets import Resolve, Target, check_target, parse_target, resolve

__all__ = [
    "Allowance",
    "Answer",
    "Resolve",
    "Schedule",
    "Sealer",
    "Sender",
    "Target",
    "Undelivered",
    "Unsealable",
    "WebhookAllowanceSettings",
    "check_target",
    "new_secret",
    "parse_target",
    "resolve",
    "signed_headers",
]
