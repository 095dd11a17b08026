"""Words for what forms and the API call by names and codes; msgids, translated where they are shown."""

from __future__ import annotations

KINDS = {
    "kickoff": "Kick-off",
    "cluster_event": "Cluster meeting",
    "workshop": "Workshop",
    "webinar": "Webinar",
}
MODES = {
    "onsite": "On site",
    "online": "Online",
    "hybrid": "On site and online",
}
QUESTION_TYPES = {
    "text": "One line of text",
    "long_text": "Several lines of text",
    "choice": "One of several options",
    "choices": "Any of several options",
    "yes_no": "Yes or no",
    "number": "A number",
    "date": "A date",
}
ASKED_PER = {
    "attendee": "Each person",
    "registration": "Once per registration",
}
YES_NO = {
    "": "Not stated",
    "yes": "Yes",
    "no": "No",
}
LANGUAGES = {
    "de": "German",
    "en": "English",
}
NO_CLUSTER = {
    "": "The whole programme, without a cluster",
}
FIELDS = {
    "/title": "Title",
    "/slug": "Address of the page",
    "/kind": "Kind",
    "/cluster": "Cluster",
    "/summary": "In one or two sentences",
    "/description": "Description",
    "/starts_at": "Begins",
    "/ends_at": "Ends",
    "/timezone": "Time zone",
    "/mode": "How to take part",
    "/venue/name": "Name of the place",
    "/venue/street": "Street and number",
    "/venue/postcode": "Postcode",
    "/venue/place": "Town",
    "/venue/district": "District",
    "/online_url": "Link for taking part online",
    "/organiser/name": "Organiser",
    "/organiser/email": "Organiser's e-mail address",
    "/organiser/phone": "Organiser's phone number",
    "/capacity": "Seats",
    "/groups": "Ticket groups",
    "label_en": "English name",
    "quota": "Seats for this group",
    "/registration/opens_at": "Opens",
    "/registration/closes_at": "Closes",
    "/good_to_know/directions": "Getting there",
    "/good_to_know/parking": "Parking",
    "/good_to_know/catering": "Food and drink",
    "/good_to_know/costs": "Costs",
    "/matchmaking/slot_minutes": "Minutes per talk",
    "/matchmaking/tables": "Tables",
    "/matchmaking/max_meetings_per_company": "Talks per company at most",
    "/matchmaking/max_meetings_per_partner": "Talks per partner at most",
    "/matchmaking/slots": "Beginnings of the talks",
    "/matchmaking/profile_closes_at": "Profiles can be changed until",
    "label": "Question",
    "options": "Options",
    "help": "Help for it",
    "equals": "was answered with",
    "title": "Title",
    "starts_at": "Begins",
    "ends_at": "Ends",
    "speaker": "Who",
    "room": "Room",
    "seats": "Places in it",
    "url": "Link",
}
"""Labels of the event form's fields, by JSON pointer or by its last part."""
ROWS = {
    "agenda": "Item",
    "questions": "Question",
    "groups": "Group",
    "media": "Link",
}
GAPS = {
    "past": "The event lies in the past.",
    "no_place": "No place has been entered yet.",
    "no_online_url": "The link for taking part online is still missing. It is shown to confirmed people only.",
    "no_organiser": "No e-mail address of the organiser has been entered: answers to our mails would get lost.",
    "no_text": "There is no description yet.",
    "no_slots": "The cooperation exchange is on, but has no times for talks.",
    "slots_outside": "Some times for talks lie before or after the event; no talks are planned then.",
}
