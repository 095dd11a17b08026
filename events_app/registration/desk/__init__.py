"""The back office's doors of this room: its first page, one event, its people."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from events_app.registration.desk.answers import answers_of_event
from events_app.registration.desk.events import ask_to_cancel, cancel_event, change_event, edit_event, event_page
from events_app.registration.desk.invitations import routes as invitation_routes
from events_app.registration.desk.people import (
    approve,
    decline,
    everybody,
    extend,
    move_to_group,
    open_registration,
    people_of_event,
    promote,
)
from events_app.registration.desk.start import start

routes: list[ControllerRouterHandler] = [
    start,
    event_page,
    edit_event,
    change_event,
    ask_to_cancel,
    cancel_event,
    people_of_event,
    answers_of_event,
    *invitation_routes,
    everybody,
    open_registration,
    approve,
    decline,
    promote,
    extend,
    move_to_group,
]
