"""Use cases of the newsletter: double opt-in, leaving, and issues from the draft to the last mail."""

from events_app.newsletter.service.readers import forget

__all__ = ["forget"]
