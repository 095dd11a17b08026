"""Words for the newsletter's codes and fields; msgids, translated where they are shown."""

from __future__ import annotations

ROLES = {
    "member": "Member of a cluster",
    "company": "Company",
    "provider": "Training provider",
    "school": "School or university",
    "network": "Chamber, association or business development",
    "public": "Public authority",
    "other": "Something else",
}
REGIONS = {
    "lausitz": "Lusatian coalfield",
    "mitteldeutschland": "Central German coalfield",
    "rheinland": "Rhenish coalfield",
    "elsewhere": "Another region",
}
LANGUAGES = {"de": "German", "en": "English"}
PAUSES = {"1": "One month", "3": "Three months", "6": "Six months"}
FIELDS = {
    "/email": "E-mail address",
    "/name": "Name",
    "/organisation": "Organisation",
    "/role": "Who are you?",
    "/region": "Region",
    "/subject_de": "Subject (German)",
    "/body_de": "Text (German)",
    "/subject_en": "Subject (English)",
    "/body_en": "Text (English)",
    "/scheduled_at": "When",
    "/events": "Events",
}
"""Labels of form fields by JSON pointer, for the list of errors above a form."""
