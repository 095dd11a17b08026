from __future__ import annotations

from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events_app.accounts import rules
from events_app.accounts.rules import Actor


@pytest.mark.parametrize("path", ["/desk", "/desk/events?past=1&q=%C3%A4", "/door#x", "/"])
def test_own_path_keeps_paths_of_this_site(path: str) -> None:
    assert rules.own_path(path) == path


@given(st.text() | st.text("/\\:.@ehtpsx\t\n ").map(lambda text: "/" + text))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https://evil.example/desk")
@example("javascript:alert(1)")
@example("/login?next=/login")
@example("//[")
def test_own_path_never_leads_to_another_site(text: str) -> None:
    went = urlsplit(urljoin("https://clustertreff.test/login", rules.own_path(text)))
    assert (went.scheme, went.netloc) == ("https", "clustertreff.test")
    assert went.path not in {"/login", "/logout"}


@pytest.mark.parametrize("address", ["a@example.org", "vor.name+x@sub.example.org", "ä@example.org"])
def test_is_email_takes_addresses(address: str) -> None:
    assert rules.is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a@@example.org",
        "a b@example.org",
        "a@exa mple.org",
        "a..b@example.org",
        "x" * 250 + "@a.de",
        "a\x00@example.org",
        "a\u202e@example.org",
    ],
)
def test_is_email_refuses_what_no_mail_can_reach(address: str) -> None:
    assert not rules.is_email(address)


def test_agent_runs_her_cluster_only() -> None:
    mine, other = uuid4(), uuid4()
    agent = Actor("account", uuid4(), "agent", mine)
    assert agent.runs_cluster(mine)
    assert not agent.runs_cluster(other)
    assert not agent.runs_cluster(None)


def test_agent_without_a_cluster_runs_nothing() -> None:
    assert not Actor("account", uuid4(), "agent", None).runs_cluster(None)


def test_admin_runs_every_cluster_and_the_programme() -> None:
    admin = Actor("account", uuid4(), "admin")
    assert admin.runs_cluster(uuid4())
    assert admin.runs_cluster(None)


def test_door_helper_runs_no_cluster() -> None:
    cluster = uuid4()
    assert not Actor("account", uuid4(), "door", cluster).runs_cluster(cluster)
