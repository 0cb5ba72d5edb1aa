"""Learned phrases in a real browser, by keyboard at 320 px: propose, see what would change, approve, withdraw."""

import pytest

from stepup.local import browsers
from tests.browser.keyboard import press, reads_well, signed_in, write
from tests.browser.test_pharmacists_day import service  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(not browsers.found(), reason="no Chromium on this machine"),
]


def test_a_phrase_from_its_proposal_to_its_end(browser, base) -> None:
    nurse = signed_in(browser, base, "nora")
    nurse.goto(f"{base}/tasks/")
    press(nurse, "link", "Harmless phrases this site has learned")
    nurse.wait_for_url("**/phrases/")
    reads_well(nurse)
    press(nurse, "link", "See what it would change for “toast and tea”")
    reads_well(nurse)
    assert nurse.get_by_role("button", name="Approve").count() == 0, "a nurse proposes and does not approve"
    reply = nurse.get_by_text("from reply").inner_text().rpartition(" ")[2]
    nurse.goto(f"{base}/reply/{reply}/phrase/")
    reads_well(nurse)
    write(nurse, "Words that mean no harm", "my fever")
    press(nurse, "button", "Propose these words")
    nurse.wait_for_selector("text=Nothing was saved.")
    assert "errors" in nurse.evaluate("document.activeElement.className")
    reads_well(nurse)

    page = signed_in(browser, base, "petra", "dark")
    page.goto(f"{base}/phrases/")
    press(page, "link", "See what it would change for “toast and tea”")
    reads_well(page)
    shown = page.locator("main").inner_text()
    assert "Looked through" in shown
    assert "NOT-UNDERSTOOD" in shown
    press(page, "button", "Approve: nobody needs to read “toast and tea”")
    page.wait_for_selector("text=In use: “toast and tea”.")
    reads_well(page)
    press(page, "link", "See or withdraw “toast and tea”")
    reads_well(page)
    write(page, "Why", "it means more here")
    press(page, "button", "Withdraw “toast and tea”")
    page.wait_for_selector("text=Withdrawn: “toast and tea”.")
    reads_well(page)
    assert "it means more here" in page.locator("main").inner_text()
