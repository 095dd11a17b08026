"""The back office's doors of this room."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from events_app.events.desk.events import create_event, list_events, new_event, publish_event
from events_app.events.desk.mail import (
    list_mail,
    mail_of_registration,
    open_mail,
    pause_mail,
    resume_mail,
    retry_mail,
)

routes: list[ControllerRouterHandler] = [
    list_events,
    new_event,
    create_event,
    publish_event,
    list_mail,
    open_mail,
    mail_of_registration,
    retry_mail,
    pause_mail,
    resume_mail,
]
