"""An address that takes no mail is told to those who can correct it."""

from __future__ import annotations

import httpx

from events_app.accounts import service as accounts
from events_app.outbox.service import bounces
from tests.factories import make_event, make_registration

TOLD = "Die Adresse nimmt keine Mails an – bitte korrigieren"  # noqa: RUF001 - an en dash


async def test_the_contacts_page_names_the_address_and_leads_to_its_person(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), 2)
    assert TOLD not in (await client.get(f"/registrations/{made.manage_token}")).text
    await bounces.mark(made.attendees[1].email or "", "550 5.1.1 no such mailbox")
    page = (await client.get(f"/registrations/{made.manage_token}")).text
    assert TOLD in page
    assert f'/attendees/{made.attendees[1].id}"><bdi>{made.attendees[1].name}' in page
    assert "550 5.1.1" not in page


async def test_the_back_office_sees_it_beside_the_person(client: httpx.AsyncClient) -> None:
    account = await accounts.create_account("admin@example.org", "admin")
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))
    event = await make_event()
    made = await make_registration(event, 2)
    await bounces.mark(made.attendees[0].email or "", "550 5.1.1 no such mailbox")
    page = (await client.get(f"/desk/events/{event.slug}/people")).text
    assert page.count("Adresse nimmt keine Mails an") == 1
    link = f"/desk/mail/registrations/{made.id}?person={made.attendees[0].id}"
    assert link in page
    mails = (await client.get(link)).text
    assert mails.count('<th scope="row">') == 1
    assert "Adresse nimmt keine Mails an" in mails
    whole = (await client.get(link.partition("?")[0])).text
    assert whole.count('<th scope="row">') == 3
