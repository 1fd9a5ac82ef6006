"""Settings of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import CliSuppress

from api.parts import HOUR_S, Bounds
from api.web.proxies import networks
from dpip.domain import Quota
from dpip.settings import ENV_PREFIX, MAX_PORT
from film.settings import VideoLimitSettings
from imaging.settings import LimitSettings
from webhooks import WebhookAllowanceSettings

SPARE_THREADS = 4  # always left for requests that are no uploads


def _networks(text: str) -> str:
    try:
        networks(text)
    except ValueError as error:
        raise ValueError(f"{error}; write addresses and networks like 10.0.0.1,192.168.0.0/24") from None
    return text


class ApiSettings(LimitSettings, VideoLimitSettings, WebhookAllowanceSettings):
    """Take images in over HTTP, and hand results out."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=MAX_PORT, description="port to listen on; 0 picks a free one")
    advertise_url: str | None = Field(
        None, description="URL by which workers on other machines reach this API (default: its own address)"
    )
    tls_cert: Path | None = Field(
        None, description="file of the TLS certificate chain, PEM (default: one of its own making)"
    )
    tls_key: Path | None = Field(None, description="file of the TLS private key (PEM)")
    user: str = Field("admin", min_length=1, max_length=100, description="name of the first user")
    # A secret comes from the environment: an argument list is for everybody to read.
    password: CliSuppress[SecretStr | None] = Field(
        None, description="password of the first user (default: a random one, kept in secrets/first_password)"
    )
    token_hours: float = Field(24.0, gt=0, le=24 * 366, description="hours until a login's token expires")
    idempotency_hours: float = Field(
        24.0, gt=0, le=24 * 366, description="hours for which an answer is remembered by its Idempotency-Key"
    )
    requests_per_second: float = Field(
        0.0, ge=0, description="requests that a user may make in each second, for ten seconds at once; 0: any"
    )
    strangers_per_second: float = Field(
        5.0,
        ge=0,
        description="requests without a live token that may come from an address in each second, for ten "
        "seconds at once; 0: any",
    )
    quota_bytes: int | None = Field(
        None, ge=0, description="bytes of originals that a user may keep, who has no quota of their own"
    )
    quota_images: int | None = Field(
        None, ge=0, description="originals that a user may keep, who has no quota of their own"
    )
    quota_workloads: int = Field(
        100_000, ge=0, description="workloads that a user may keep, who has no quota of their own"
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "",
        description="proxies whose X-Forwarded-For is believed: addresses and networks, separated by commas",
    )
    webhooks_per_user: int = Field(20, ge=0, le=1000, description="webhooks that a user may have")
    processes: int = Field(1, ge=1, le=64, description="processes that serve requests")
    threads: int = Field(384, ge=8, le=512, description="requests that each process serves at the same time")
    uploads_at_once: int = Field(
        16, ge=1, description="uploads that each process takes at the same time; others wait, then get 429"
    )
    stall_s: float = Field(
        30.0, ge=1, description="seconds for which the body of a request may stop coming; then it is ended"
    )
    min_bytes_per_second: float = Field(
        1000.0,
        ge=0,
        description="bytes of a request's body that must come in each second, on average over the time of "
        "--stall-s; 0: any",
    )
    max_archive_bytes: int = Field(
        4 * 2**30,
        ge=1,
        description="largest zip of images that is taken; it needs that room while it is read",
    )
    previews_at_once: int = Field(
        2,
        ge=0,
        le=64,
        description="pictures on which each process tries a pipeline at the same time; 0 turns previews off",
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError(f"{ENV_PREFIX}TLS_CERT and {ENV_PREFIX}TLS_KEY go together: set both or none")
        if self.uploads_at_once > self.threads - SPARE_THREADS:
            raise ValueError(
                f"{ENV_PREFIX}UPLOADS_AT_ONCE may be at most {ENV_PREFIX}THREADS - {SPARE_THREADS} "
                f"({self.threads - SPARE_THREADS})"
            )
        return self

    @property
    def quota(self) -> Quota:
        return Quota(self.quota_bytes, self.quota_images, self.quota_workloads)

    @property
    def bounds(self) -> Bounds:
        """Slow clients hold threads: each kind of request gets a share, and `SPARE_THREADS` are left."""
        rest = self.threads - self.uploads_at_once - SPARE_THREADS
        some = max(1, rest // 32)
        return Bounds(
            limits=self.limits,
            token_s=self.token_hours * HOUR_S,
            idempotency_s=self.idempotency_hours * HOUR_S,
            requests_per_second=self.requests_per_second / self.processes,
            strangers_per_second=self.strangers_per_second / self.processes,
            quota=self.quota,
            uploads_at_once=self.uploads_at_once,
            max_archive_bytes=self.max_archive_bytes,
            stall_s=self.stall_s,
            min_bytes_per_second=self.min_bytes_per_second,
            trusted_proxies=networks(self.trusted_proxies),
            webhooks_per_user=self.webhooks_per_user,
            webhook_allowance=self.webhook_allowance,
            uploads_waiting=9 * some,
            videos_at_once=max(1, some // 2),
            video_limits=self.video_limits,
            downloads_at_once=4 * some,
            downloads_waiting=some,
            streams_at_once=4 * some,
            forms_at_once=some,
            forms_waiting=some,
            courtesies_at_once=6 * some,
            courtesies_waiting=4 * some,
            previews_at_once=self.previews_at_once,
            previews_waiting=some,
        )

    @property
    def encrypted(self) -> bool:
        return self.tls_cert is not None or self.encrypts(self.host)

    @property
    def scheme(self) -> str:
        return "https" if self.encrypted else "http"

    def check_host(self) -> None:
        """Raise `ConfigError` when this would listen beyond loopback without TLS or permission."""
        if not self.encrypted:
            self.refuse_plaintext(self.host, "the API")
