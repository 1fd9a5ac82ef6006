"""What the controller can be told."""

from __future__ import annotations

from pydantic import Field

from webhooks import Schedule, WebhookAllowanceSettings

_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S


class ControllerSettings(WebhookAllowanceSettings):
    """Carry the bus, and know which workers there are.

    `--controller host:port` is where the bus is bound: `localhost` on this machine only, `0.0.0.0` for
    all networks. The bus is encrypted wherever it is; whoever holds the join token may join. Port 0 takes any
    three free ports in a row; the address is then found in run/controller.json in home.
    """

    report_interval_s: float = Field(
        2.0, ge=0.1, le=60, description="how often workers report their CPU, memory and GPU use"
    )
    lost_after_intervals: int = Field(
        3, ge=2, le=100, description="a worker is lost after so many report intervals without a report"
    )
    worker_token_hours: float = Field(
        720.0, ge=0.1, description="how long a worker's token for the API lives; it is renewed at half time"
    )
    audit_days: float = Field(
        90.0, gt=0, description="how long the audit trail (logins, refusals, deletions, users) is kept"
    )
    sweep_interval_s: float = Field(
        _HOUR_S, ge=1, le=_DAY_S, description="how often the image store is searched for bytes without a row"
    )
    sweep_grace_s: float = Field(
        _HOUR_S, ge=60, description="how old bytes without a row must be before they are removed"
    )

    webhook_timeout_s: float = Field(
        10.0, gt=0, le=60, description="seconds that the receiver of a webhook has to answer"
    )
    webhook_attempts: int = Field(
        10, ge=1, le=30, description="how often a webhook's delivery is tried before it is given up"
    )
    webhook_retry_s: float = Field(
        5.0,
        gt=0,
        le=_HOUR_S,
        description="wait after the first attempt that failed; it grows fourfold each time, up to 6 hours",
    )
    webhooks_at_once: int = Field(
        16, ge=1, le=256, description="webhooks that are told side by side; a quarter of them of one user"
    )
    webhook_days: float = Field(
        7.0, gt=0, description="how long deliveries to webhooks are listed after they ended"
    )

    @property
    def webhook_schedule(self) -> Schedule:
        return Schedule(self.webhook_attempts, self.webhook_retry_s)

    @property
    def lost_after_s(self) -> float:
        return self.report_interval_s * self.lost_after_intervals

    @property
    def worker_token_s(self) -> float:
        return self.worker_token_hours * _HOUR_S

    @property
    def audit_s(self) -> float:
        return self.audit_days * _DAY_S

    @property
    def webhook_kept_s(self) -> float:
        return self.webhook_days * _DAY_S

    def own_join_token(self) -> str:
        """The controller is where the join token comes from: it makes one wherever it listens."""
        if self.join_token is not None:
            return self.join_token.get_secret_value()
        return self.at_home.ensure_secret(self.at_home.join_token)
