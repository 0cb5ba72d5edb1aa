"""What every page is held to: WCAG 2.2, levels A and AA, as axe checks them."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# Every rule of these levels runs. What is told is what breaks one: describing each node that keeps one takes longer.
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
_RUN = "options => axe.run(options).then(({violations}) => ({violations}))"


def readable(page: Page) -> None:
    """Assistive technology can read the page as it stands; an AssertionError names each rule it breaks, and where."""
    if page.evaluate("typeof window.axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_RUN, _RULES))
    assert found.violations_count == 0, found.generate_report()
