"""Pages of registration: the form, the confirmation of a held form, the contact's own page, an attendee's place."""

from litestar.types import ControllerRouterHandler

from events_app.registration.web import answers as answer_pages
from events_app.registration.web import embed as embedded_pages
from events_app.registration.web import form as form_pages
from events_app.registration.web import manage as manage_pages
from events_app.registration.web import offers as offer_pages
from events_app.registration.web import own as own_pages
from events_app.registration.web import place as place_pages
from events_app.registration.web import resend as resend_pages
from events_app.registration.web import self_service as self_service_pages
from events_app.registration.web import sessions as session_pages

routes: list[ControllerRouterHandler] = [
    *form_pages.routes,
    *embedded_pages.routes,
    *resend_pages.routes,
    *manage_pages.routes,
    *answer_pages.routes,
    *self_service_pages.routes,
    *offer_pages.routes,
    *place_pages.routes,
    *own_pages.routes,
    *session_pages.routes,
]
