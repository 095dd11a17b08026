"""One Jinja environment per language, so that gettext and dates need no global."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from nh3 import clean

from events_app.kit import settings
from events_app.kit.assets import asset, icon
from events_app.kit.formats import filters
from events_app.kit.i18n import Language, translations

_PACKAGED = Path(__file__).parent.parent / "templates"
TEMPLATES_DIR = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent / "templates"
"""`events_app/templates` in an installed wheel, `templates/` in a checkout."""

_MARKDOWN_TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "h2", "h3", "h4", "blockquote", "br", "hr", "code"}


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """No template has globals of its own; Jinja's chain of two mappings is walked in Python at each import."""
        return self.globals if d is None else super().make_globals(d)


@lru_cache(maxsize=4)
def environment(language: Language) -> Environment:
    env = _Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(["html", "xml"]),
        undefined=StrictUndefined,
        auto_reload=not settings.current().production,  # asks the disk for every template of every page and mail
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined] # the extension's own
    env.globals["_"] = env.globals["gettext"]  # Jinja's own `_` looks `gettext` up and calls it, each time
    env.globals.update(asset=asset, icon=icon, language=language, locale=language)
    env.filters.update(filters(language))
    env.filters["markdown"] = markdown
    return env


def render(template: str, language: Language, **context: object) -> str:
    return environment(language).get_template(template).render(**context)


def markdown(text: str) -> Markup:
    """Editors' Markdown as safe HTML: no raw HTML, no images, links without referrer."""
    html = MarkdownIt("commonmark", {"html": False, "breaks": True}).render(text)
    return Markup(clean(html, tags=_MARKDOWN_TAGS, link_rel="noopener noreferrer"))  # noqa: S704 - cleaned by nh3
