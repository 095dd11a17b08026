from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from events_app.kit import settings
from events_app.kit.settings import Settings
from events_app.outbox.service.delivery import deliver_due
from events_app.registration.mails import COMPOSERS
from events_app.supervisor.catcher import mail_catcher
from tests.factories import make_event, make_registration


@pytest.fixture
def catcher(app_settings: Settings) -> Iterator[str]:
    """The address of a mail catcher that starts with an empty folder."""
    for old in app_settings.mail_dir.glob("*.eml"):
        old.unlink()
    with mail_catcher(app_settings.mail_dir) as url:
        yield url


@pytest.fixture
async def caught(catcher: str, client: httpx.AsyncClient, app_settings: Settings) -> list[str]:
    """Addresses of the pages of a confirmation and a ticket, caught as in development, newest first."""
    await make_registration(await make_event(title="Auftakt <1>"), 1)
    settings.use(replace(app_settings, smtp_url=catcher))
    await deliver_due(COMPOSERS)
    settings.use(app_settings)
    listed = (await client.get("/dev/mail")).text
    return re.findall(r'href="(/dev/mail/[^"]+)"', listed)


async def test_list_shows_newest_first_with_subject_and_recipient(caught: list[str], client: httpx.AsyncClient) -> None:
    listed = (await client.get("/dev/mail", headers={"Accept-Language": "de"})).text
    subjects = re.findall(r"<bdi>(.*?)</bdi></a>", listed)
    assert len(caught) == 2
    assert [subject.partition(":")[0] for subject in subjects] == ["Ihr Ticket", "Angemeldet"]
    assert "Auftakt &lt;1&gt;" in subjects[0]
    assert "@example.org" in listed


async def test_mail_shows_text_calendar_headers_and_files(caught: list[str], client: httpx.AsyncClient) -> None:
    shown = (await client.get(caught[0])).text
    assert "BEGIN:VCALENDAR" in shown
    assert "X-Clustertreff-Mail" in shown
    files = [await client.get(address) for address in re.findall(r'href="(/dev/mail/[^"]+/files/\d+)"', shown)]
    assert [file.headers["content-type"].partition(";")[0] for file in files] == ["application/pdf", "application/ics"]
    assert files[0].content.startswith(b"%PDF")
    assert all(file.headers["content-disposition"].startswith("attachment") for file in files)


async def test_html_of_a_mail_may_be_framed_by_us_and_runs_and_fetches_nothing(
    caught: list[str], client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"{caught[0]}/html")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "cid:" not in answer.text
    assert 'src="data:image/png;base64,' in answer.text


async def test_source_is_the_mail_as_it_was_sent(
    caught: list[str], client: httpx.AsyncClient, app_settings: Settings
) -> None:
    answer = await client.get(f"{caught[0]}/raw")
    assert answer.content == max(app_settings.mail_dir.glob("*.eml")).read_bytes()
    assert answer.headers["content-type"] == "message/rfc822"


@pytest.mark.parametrize("name", ["nothing", "..%2Fsecret", "20260101T000000.000000Z-00000000", "%00"])
@pytest.mark.parametrize("part", ["", "/html", "/raw", "/files/0"])
async def test_names_of_no_mail_are_not_found(client: httpx.AsyncClient, name: str, part: str) -> None:
    assert (await client.get(f"/dev/mail/{name}{part}")).status_code == 404


async def test_file_that_the_mail_does_not_have_is_not_found(caught: list[str], client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{caught[0]}/files/9")).status_code == 404


@pytest.mark.parametrize("change", [{"env": "production"}, {"smtp_url": "smtp://127.0.0.1:25"}])
async def test_caught_mail_is_hidden_in_production_and_where_mail_is_sent(
    caught: list[str], client: httpx.AsyncClient, app_settings: Settings, change: dict[str, str]
) -> None:
    settings.use(replace(app_settings, **change))  # type: ignore[arg-type] - of the two fields named
    for address in ("/dev/mail", caught[0], f"{caught[0]}/raw", f"{caught[0]}/html", f"{caught[0]}/files/0"):
        assert (await client.get(address)).status_code == 404


async def test_empty_list_says_what_comes_next(catcher: str, client: httpx.AsyncClient) -> None:
    assert "No mail yet" in (await client.get("/dev/mail", headers={"Accept-Language": "en"})).text
