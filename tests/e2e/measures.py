"""What a test asks of a page that is open: scripts whose answer lists what is wrong, with a piece of its HTML."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

OVERFLOW = """() => {
  const page = document.documentElement
  if (page.scrollWidth <= innerWidth) return []
  const all = [...document.body.querySelectorAll("*")]
  const wide = all.filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  return [`${page.scrollWidth} > ${innerWidth}`, ...wide.slice(-3).map(one => one.outerHTML.slice(0, 160))]
}"""

SMALL_TARGETS = """least => {
  const blocks = "p, li, dd, td, th, label, legend, small, figcaption, h1, h2, h3, div"
  const inSentence = one => getComputedStyle(one).display === "inline"
    && one.closest(blocks).textContent.trim().length > one.textContent.trim().length
  const target = one => one.matches("[type=checkbox], [type=radio]") ? one.closest("label") ?? one : one
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=option]")]
    .filter(one => one.type !== "hidden" && one.checkVisibility({ visibilityProperty: true }))
    .filter(one => !one.closest(".trap, .visually-hidden, .skip-link") && !inSentence(one))
    .map(one => [target(one).getBoundingClientRect(), one])
    .filter(([{ width, height }]) => Math.min(width, height) < least)
    .map(([{ width, height }, one]) => `${Math.round(width)}x${Math.round(height)} ${one.outerHTML.slice(0, 160)}`)
}"""

HIDDEN_FOCUS = """() => {
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]]
  const seen = one => {
    const { left, top, width, height } = one.getBoundingClientRect()
    return points.some(([x, y]) => {
      const found = document.elementFromPoint(left + width * x, top + height * y)
      return found && (one.contains(found) || found.contains(one))
    })
  }
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(one => one.type !== "hidden" && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))
    .filter(one => { one.focus(); return document.activeElement === one && !seen(one) })
    .map(one => one.outerHTML.slice(0, 160))
}"""


async def barriers(page: Page) -> list[str]:
    """What axe finds by itself, by the rules of WCAG 2.2 AA."""
    found = await Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [_told(one) for one in found.response["violations"]]


def _told(violation: dict[str, Any]) -> str:
    where = "\n  ".join(node["html"][:200] for node in violation["nodes"][:5])
    return f"{violation['id']}: {violation['help']}\n  {where}"
