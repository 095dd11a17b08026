from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.kit.text import search_key
from events_app.pages.web import COALFIELDS, coalfields
from tests.factories import make_cluster, make_event, soon
from tests.pagecheck import Page, sound

TEXTS = ("/imprint", "/privacy", "/accessibility")
ENGLISH = {"Accept-Language": "en"}


async def page(client: httpx.AsyncClient, path: str, **headers: str) -> Page:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return sound(answer.text)


async def add_member(cluster: UUID | None, name: str, kind: str = "company", place: str = "Leuna") -> None:
    await db.execute(
        """INSERT INTO organisation (id, name, name_key, kind, place, cluster, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, now())""",
        uuid4(),
        name,
        search_key(name),
        kind,
        place,
        cluster,
    )


async def tab_mint(**columns: Any) -> UUID:
    made = await make_cluster(
        "tab-mint",
        name="TAB_MINT",
        tagline_de="Mechatronik macht Zukunft",
        tagline_en="Mechatronics makes the future",
        region_de="Halle (Saale) und Umgebung",
        region_en="Halle (Saale) and around",
        about_de="Gemeinsam **ausbilden**.",
        about_en="Training *together*.",
        partners_de="25 Partner",
        partners_en="25 partners",
        agent_email="cluster@example.org",
        occupations=["mechatroniker", "dachdecker", "unknown-occupation"],
        districts=["15002", "15088", "99999"],
        **columns,
    )
    return made.id


async def test_cluster_page_tells_who_and_where(client: httpx.AsyncClient) -> None:
    await tab_mint()
    shown = await page(client, "/clusters/tab-mint")
    for words in (
        "Mechatronik macht Zukunft",
        "Gemeinsam ausbilden.",
        "Halle (Saale) und Umgebung",
        "Halle (Saale), Saalekreis",
        "Mechatroniker/-in",
        "Dachdecker/-in",
        "Beispielwerk",
        "25 Partner",
    ):
        assert words in shown.text
    assert "mailto:cluster@example.org" in shown.links()
    assert "webcal://clustertreff.test/clusters/tab-mint/calendar.ics" in shown.links()


async def test_cluster_page_speaks_english(client: httpx.AsyncClient) -> None:
    await tab_mint()
    for shown in (
        await page(client, "/clusters/tab-mint?lang=en"),
        await page(client, "/clusters/tab-mint", **ENGLISH),
    ):
        assert "Mechatronics makes the future" in shown.text
        assert "Training together." in shown.text
        assert shown.all("html")[0]["lang"] == "en"


async def test_cluster_page_lists_its_members_in_german_order(client: httpx.AsyncClient) -> None:
    cluster = await tab_mint()
    for name in ("Zeitz AG", "Öhlmühle GmbH", "Ohrdruf Bau", "Oppin Werk"):
        await add_member(cluster, name)
    await add_member(cluster, "Technikum", "training_provider", "Halle (Saale)")
    await add_member(None, "Fremde GmbH")
    shown = await page(client, "/clusters/tab-mint")
    positions = [shown.text.index(name) for name in ("Öhlmühle", "Ohrdruf", "Oppin", "Technikum", "Zeitz")]
    assert positions == sorted(positions)
    assert "5 Organisationen" in shown.text
    assert "Technikum Bildungsträger Halle (Saale)" in shown.text
    assert "Fremde GmbH" not in shown.text


async def test_cluster_page_lists_its_own_events_only(client: httpx.AsyncClient) -> None:
    await tab_mint()
    await make_cluster("lausitz-cares")
    await make_event(title="Eigenes Treffen", cluster="tab-mint")
    await make_event(title="Eigener Rückblick", cluster="tab-mint", starts_at=soon(days=-9))
    await make_event(title="Eigener Entwurf", cluster="tab-mint", published=False)
    await make_event(title="Fremdes Treffen", cluster="lausitz-cares")
    text = (await page(client, "/clusters/tab-mint")).text
    assert text.index("Eigenes Treffen") < text.index("Eigener Rückblick")
    assert "Entwurf" not in text
    assert "Fremdes Treffen" not in text


async def test_cluster_page_without_events_says_what_comes_next(client: httpx.AsyncClient) -> None:
    await tab_mint()
    assert "Bei TAB_MINT steht gerade kein Termin an" in (await page(client, "/clusters/tab-mint")).text


async def test_cluster_of_nothing_but_a_name_has_a_page(client: httpx.AsyncClient) -> None:
    await make_cluster("bare", name="Bare")
    shown = await page(client, "/clusters/bare")
    assert "Mitglieder" not in shown.text
    assert "Berufe" not in shown.text


async def test_members_name_is_escaped(client: httpx.AsyncClient) -> None:
    await add_member(await tab_mint(), "<script>alert(1)</script> & Söhne")
    assert "<script>alert" not in (await client.get("/clusters/tab-mint")).text
    assert "<script>alert(1)</script> & Söhne" in (await page(client, "/clusters/tab-mint")).text


@pytest.mark.parametrize("slug", ["nowhere", "%00", "TAB-MINT"])
async def test_unknown_cluster_is_a_page_with_404(client: httpx.AsyncClient, slug: str) -> None:
    answer = await client.get(f"/clusters/{slug}")
    assert answer.status_code == 404
    assert "Diesen Cluster gibt es nicht." in sound(answer.text).text


async def test_programme_gives_its_facts(client: httpx.AsyncClient) -> None:
    await tab_mint()
    shown = await page(client, "/programme")
    for words in (
        "Ausbildungscluster 4.0 in den Braunkohleregionen",
        "15. Juni 2024 bis 14. Dezember 2027",
        "bis zu 1,2 Millionen Euro je Cluster",
        "CO2-neutrale Energieversorgung",
        "Lausitzer Revier",
        "Saalekreis",
        "TAB_MINT",
    ):
        assert words in shown.text
    assert "Helmstedt" not in shown.text


async def test_programme_speaks_english(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/programme", **ENGLISH)
    assert "Lusatian coalfield" in shown.text
    assert "Carbon-neutral energy supply" in shown.text


async def test_programme_leads_to_the_video_and_loads_nothing_of_it(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/programme")
    (video,) = [link for link in shown.all("a") if link["href"].startswith("https://")]
    assert "noreferrer" in video["rel"]
    assert not shown.all("iframe")
    assert not shown.all("video")


def test_coalfields_are_those_of_the_programme() -> None:
    found = coalfields()
    assert [name for name, _ in found] == sorted(COALFIELDS)
    assert [len(districts) for _, districts in found] == [7, 8, 7]


@pytest.mark.parametrize("path", TEXTS)
async def test_text_speaks_both_languages(client: httpx.AsyncClient, path: str) -> None:
    german, english = await page(client, path), await page(client, path, **ENGLISH)
    assert german.all("html")[0]["lang"] == "de"
    assert english.all("html")[0]["lang"] == "en"
    assert german.text != english.text
    assert any(link.startswith("mailto:events@localhost") for link in german.links())


@pytest.mark.parametrize("path", TEXTS)
async def test_text_may_be_the_operators_own(
    client: httpx.AsyncClient, path: str, app_settings: Settings, tmp_path: Path
) -> None:
    own = tmp_path / "pages" / f"{path[1:]}.de.md"
    own.parent.mkdir()
    own.write_text("## Unser Text\n\n<script>alert(1)</script> *Muster* e. V.\n", encoding="utf-8")
    settings.use(replace(app_settings, data_dir=tmp_path))
    german, english = await page(client, path), await page(client, path, **ENGLISH)
    assert "Unser Text" in german.text
    assert "events@localhost" not in german.text
    assert "events@localhost" in english.text
    assert "<script>alert(1)</script> Muster e. V." in german.text


async def test_privacy_notice_names_the_retention_in_force(client: httpx.AsyncClient, app_settings: Settings) -> None:
    settings.use(replace(app_settings, retention_days=42))
    text = (await page(client, "/privacy")).text
    assert "bis 42 Tage nach der Veranstaltung" in text
    assert "bis 7 Tage nach der Veranstaltung" in text


@pytest.mark.parametrize("path", ["/", "/programme", *TEXTS])
async def test_foot_of_every_page_leads_to_the_texts(client: httpx.AsyncClient, path: str) -> None:
    assert set(TEXTS) <= set((await page(client, path)).links())
