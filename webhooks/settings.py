"""Settings of the processes that take or tell webhooks: where these may lead."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from dpip.settings import Common
from webhooks.allowance import Allowance


def _readable(text: str) -> str:
    try:
        Allowance.parse(text)
    except ValueError as error:
        raise ValueError(f"{error}; write them like 10.0.0.0/8,192.168.1.7,hooks.intranet") from None
    return text


class WebhookAllowanceSettings(Common):
    """To be extended by a process's own settings."""

    webhook_allow: Annotated[str, AfterValidator(_readable)] = Field(
        "",
        description="networks, addresses and host names that webhooks may lead to although they are not "
        "public, and by plain http; separated by commas",
    )

    @property
    def webhook_allowance(self) -> Allowance:
        return Allowance.parse(self.webhook_allow)
