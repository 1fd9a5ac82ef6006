"""The system's own authority: the same for all who hold the join token, and nobody else's."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from dpip.authority import Authority
from dpip.certificates import API_DAYS, ensure_authority, ensure_certificate, own_names
from dpip.errors import ConfigError
from dpip.home import Home
from dpip.trust import read_authorities, trust

TOKEN = "a join token"


def test_it_is_derived_from_the_join_token_to_the_last_byte() -> None:
    assert Authority(TOKEN).certificate == Authority(TOKEN).certificate
    assert Authority(TOKEN).certificate != Authority("another").certificate
    with pytest.raises(ValueError, match="empty"):
        Authority("")


def test_it_knows_what_it_issued() -> None:
    issued = x509.load_pem_x509_certificate(Authority(TOKEN).issue(["a.example"]).certificate.encode())
    assert Authority(TOKEN).issued(issued)
    assert not Authority("another").issued(issued)


def test_a_key_is_not_shown() -> None:
    issued = Authority(TOKEN).issue(["a.example"])
    assert "PRIVATE KEY" in issued.key
    assert "PRIVATE KEY" not in repr(issued)


def test_files_are_for_their_owner_and_kept_while_they_are_good(tmp_path: Path) -> None:
    file, authority = tmp_path / "secrets" / "api.pem", Authority(TOKEN)
    assert ensure_certificate(file, authority, ["localhost", "::1"], API_DAYS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not ensure_certificate(file, authority, ["localhost"], API_DAYS)
    assert ensure_certificate(file, authority, ["localhost", "10.0.0.1"], API_DAYS), "another address"
    assert ensure_certificate(file, Authority("another"), ["localhost"], API_DAYS), "another join token"
    file.write_text("nonsense")
    assert ensure_certificate(file, authority, ["localhost"], API_DAYS)
    assert ensure_authority(Home(tmp_path), authority).read_text() == authority.certificate


@pytest.mark.parametrize(("days", "renewed"), [(0, True), (1, False)])
def test_one_that_is_about_to_expire_is_renewed(tmp_path: Path, days: int, renewed: bool) -> None:
    """A certificate is valid from a day before it is made: after a day of two, half of its life is left."""
    file, authority = tmp_path / "api.pem", Authority(TOKEN)
    ensure_certificate(file, authority, ["localhost"], days)
    assert ensure_certificate(file, authority, ["localhost"], API_DAYS) is renewed


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_it_believes_the_server_and_no_other(tmp_path: Path, name: str) -> None:
    assert {"localhost", "127.0.0.1"} <= set(own_names())
    ensure_certificate(tmp_path / "api.pem", Authority(TOKEN), own_names(), API_DAYS)
    assert handshake(tmp_path / "api.pem", Authority(TOKEN).certificate, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
        handshake(tmp_path / "api.pem", Authority("another").certificate, name)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"local issuer|self-signed"):
        handshake(tmp_path / "api.pem", "", name)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname"):
        handshake(tmp_path / "api.pem", Authority(TOKEN).certificate, "elsewhere.example")


def test_a_secret_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.secrets.mkdir()
    home.join_token.write_text("put there by hand\n")
    home.join_token.chmod(0o644)
    assert home.ensure_secret(home.join_token) == "put there by hand"
    assert stat.S_IMODE(home.join_token.stat().st_mode) == 0o600


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    for file in (tmp_path / "ca.pem", tmp_path / "absent.pem"):
        with pytest.raises(ConfigError, match=r"\.pem is no file of certificates"):
            read_authorities(file)


def handshake(certificate: Path, authorities: str, name: str) -> str | None:
    """The protocol that a client and a server agree on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        with ours, trust(authorities).wrap_socket(ours, server_hostname=name) as wrapped:
            return wrapped.version()
    finally:
        server.join(10)
