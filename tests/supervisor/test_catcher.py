from __future__ import annotations

import smtplib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from events_app.kit.settings import Settings
from events_app.supervisor.catcher import MAX_MAIL_BYTES, catching, mail_catcher

MAIL = (
    b"Subject: Einlass\r\nX-Clustertreff-Mail: ticket\r\n\r\n"
    b".begins with a dot\r\n..two\r\n\r\nGr\xc3\xb6\xc3\x9fe \r\n"
)


def send(url: str, mail: bytes) -> None:
    parts = urlsplit(url)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0) as client:
        client.sendmail("events@example.org", ["anna@example.org"], mail)


def test_mail_is_kept_byte_for_byte(tmp_path: Path) -> None:
    with mail_catcher(tmp_path / "mail") as url:
        send(url, MAIL)
        (kept,) = (tmp_path / "mail").iterdir()
        assert kept.suffix == ".eml"
        assert kept.read_bytes() == MAIL


def test_names_sort_by_arrival(tmp_path: Path) -> None:
    with mail_catcher(tmp_path) as url:
        for number in range(12):
            send(url, b"Subject: %d\r\n\r\n" % number)
    kept = [path.read_bytes() for path in sorted(tmp_path.glob("*.eml"))]
    assert kept == [b"Subject: %d\r\n\r\n" % number for number in range(12)]


def test_mail_that_is_too_large_is_refused_and_not_kept(tmp_path: Path) -> None:
    with mail_catcher(tmp_path) as url, pytest.raises(smtplib.SMTPException):
        send(url, (b"x" * 900 + b"\r\n") * (MAX_MAIL_BYTES // 900))
    assert list(tmp_path.iterdir()) == []


def test_it_ends_while_someone_is_connected(tmp_path: Path) -> None:
    with mail_catcher(tmp_path) as url:
        client = smtplib.SMTP(urlsplit(url).hostname or "", urlsplit(url).port or 0)
    client.close()


def test_a_real_mail_server_is_left_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://mail.example.org:25")
    with catching(settings) as resolved:
        assert resolved == settings
    with catching(Settings(data_dir=tmp_path)) as resolved:
        assert resolved.smtp_url.startswith("smtp://127.0.0.1:")
