"""The back office's side of the door."""

from litestar.types import ControllerRouterHandler

from events_app.checkin.desk import devices

routes: list[ControllerRouterHandler] = [*devices.routes]
