"""A pharmacist who reads the language approves its texts in a real browser, by keyboard at 320 px."""

import pytest

from stepup.local import browsers
from tests.browser.keyboard import press, reads_well, signed_in, write
from tests.browser.test_pharmacists_day import service  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(not browsers.found(), reason="no Chromium on this machine"),
]


def test_texts_are_read_and_approved_and_the_language_can_be_chosen(browser, base) -> None:
    page = signed_in(browser, base, "petra")
    press(page, "link", "Protocols")
    press(page, "link", "Texts to patients")
    reads_well(page)
    assert "nobody can be enrolled in this language" in page.inner_text("main")
    press(page, "link", "Traditional Chinese")
    reads_well(page)
    assert page.locator("[lang=zh-Hant]").count() > 60
    approve = page.get_by_role("button", name="Approve the Traditional Chinese texts")
    for tick in ("I read Traditional Chinese well enough", "I have read every text"):
        page.get_by_label(tick).focus()
        page.keyboard.press("Space")
    write(page, "Note", "read with the interpreter")
    approve.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/texts/zh-Hant/#result")
    assert "Approved by Petra Demo" in page.inner_text("main")
    assert approve.count() == 0
    reads_well(page)
    nurse = signed_in(browser, base, "nora")
    nurse.goto(f"{base}/patients/new/")
    options = nurse.locator("select[name=language] option").all_inner_texts()
    assert options == ["English", "Spanish", "Traditional Chinese"]
