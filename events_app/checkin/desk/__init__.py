"""The back office's side of the door."""

from litestar.types import ControllerRouterHandler

from events_app.checkin.desk import badges, devices, entrance

routes: list[ControllerRouterHandler] = [*devices.routes, *badges.routes, *entrance.routes]
