"""Pages of registration: the form, the confirmation of a held form, and the contact's own page."""

from litestar.types import ControllerRouterHandler

from events_app.registration.web import form as form_pages
from events_app.registration.web import manage as manage_pages

routes: list[ControllerRouterHandler] = [*form_pages.routes, *manage_pages.routes]
