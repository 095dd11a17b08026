from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

from events_app.kit import settings
from events_app.kit.settings import Settings, SettingsError
from events_app.outbox.dkim import key_of, signed
from events_app.outbox.service.delivery import Tally, deliver_due
from tests.outbox.notes import COMPOSERS, owe
from tests.outbox.sink import Sink


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(file), "2048"], check=True, capture_output=True)
    return file


def record(key_file: Path) -> bytes:
    """What the operator puts into the DNS."""
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(key_file), "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verified(content: bytes, key_file: Path) -> bool:
    def answer(name: bytes, timeout: int = 5) -> bytes | None:
        del timeout
        return record(key_file) if name == b"post._domainkey.example.org." else None

    return bool(dkim.verify(content, dnsfunc=answer))


def with_key(now: Settings, key: str) -> Settings:
    return replace(now, dkim_key=key, dkim_selector="post", mail_from="Clustertreff <events@example.org>")


async def test_a_signed_mail_arrives_verifiable_and_no_other_does(sink: Sink, key_file: Path) -> None:
    settings.use(with_key(settings.current(), str(key_file)))
    await owe(1, "newsletter-issue", unsubscribe_url="https://x.example/u")
    await deliver_due(COMPOSERS)
    content = sink.taken[0].original_content or b""
    assert verified(content, key_file)
    assert not verified(content.replace(b"Text", b"Test"), key_file)
    assert not verified(content.replace(b"https://x.example/u", b"https://y.example/u"), key_file)
    [mail] = sink.mails
    assert "d=example.org" in mail["DKIM-Signature"]
    assert "list-unsubscribe-post" in mail["DKIM-Signature"]


def test_a_key_may_be_a_file_or_stand_in_the_variable_on_one_line(app_settings: Settings, key_file: Path) -> None:
    pem = key_file.read_text()
    keys = [key_of(with_key(app_settings, text)) for text in (str(key_file), pem, pem.replace("\n", "\\n"))]
    assert {key and (key.pem.strip(), key.domain) for key in keys} == {(pem.strip().encode(), "example.org")}


def test_without_a_key_mail_stays_as_it_is(app_settings: Settings) -> None:
    assert key_of(app_settings) is None
    assert signed(b"Subject: x\r\n\r\nx\r\n") == b"Subject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize("key", ["/nowhere/key.pem", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_told(app_settings: Settings, key: str) -> None:
    with pytest.raises(SettingsError, match="CLUSTERTREFF_DKIM_KEY"):
        key_of(with_key(app_settings, key))


async def test_mail_waits_for_a_key_that_can_be_read(sink: Sink, tmp_path: Path, key_file: Path) -> None:
    settings.use(with_key(settings.current(), str(tmp_path / "key.pem")))
    await owe(3)
    assert await deliver_due(COMPOSERS) == Tally(failed=1)
    shutil.copy(key_file, tmp_path / "key.pem")
    assert await deliver_due(COMPOSERS) == Tally(sent=2)
