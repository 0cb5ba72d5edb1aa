"""The steps of one night on real processes: a dose, a page, a case taken and resolved, and nothing broken."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.service import Service
from tests.waiting import until

NURSE, COLLEAGUE, RESPONDER = "nora", "noah", "rosa"
OUR_NUMBER, PAGE_NUMBER = "+15550109001", "+15550109002"
DORA, ROSA, RAVI = "+15550110003", "+15550100101", "+15550100102"
ZONE = ZoneInfo("America/New_York")
# When it counts as lost. It takes seconds; how many is measured by `benchmarks pages`, on a machine of its own, and not
# here, where other tests may have the machine.
PAGED_WITHIN = 120


def dose_is_given_and_checked(service: Service) -> None:
    """The nurse records step-up dose 1 on the screen; a colleague signs in and confirms it."""
    [(course,)] = service.rows(
        "SELECT c.id FROM stepup_course c JOIN monitoring_patient p ON p.id = c.patient_id WHERE p.phone = %s",
        DORA,
    )
    local = datetime.now(ZONE)
    what = {"on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "step": "step_up_dose_1", "given_mg": "3.84"}
    what |= {"deviation": "", "sure": "yes", "name_checked": "on", "born_checked": "on"}
    service.browser(NURSE).post(f"/course/{course}/dose/", **what)
    [(dose,)] = service.rows("SELECT id FROM stepup_dose WHERE course_id = %s", course)
    service.browser(COLLEAGUE).post(f"/dose/{dose}/confirm/", figure_mg="3.84")
    [(confirmed,)] = service.rows("SELECT confirmed_at IS NOT NULL FROM stepup_dose WHERE id = %s", dose)
    assert confirmed


def asked(service: Service) -> bool:
    """Whether the patient has been asked for a temperature."""
    return any("temperature" in text for text in service.provider.texts_to(DORA))


def one_page_arrives(service: Service) -> None:
    """The first responder is texted, and called."""
    until(lambda: _codes(service), "the page", seconds=PAGED_WITHIN)
    until(lambda: service.provider.calls_to(ROSA), "the call", seconds=PAGED_WITHIN)


def _codes(service: Service) -> list[str]:
    """Codes of the pages on the first responder's phone, a code each time it was sent."""
    pages = [text for text in service.provider.texts_to(ROSA) if "to take it" in text]
    return [page.split("reply ")[1][:4] for page in pages]


def case_is_taken_reached_and_resolved(service: Service) -> None:
    """The first responder texts the code back, speaks with the patient and records the outcome on the screen."""
    service.provider.text(ROSA, PAGE_NUMBER, _codes(service)[-1])
    until(
        lambda: any("You have" in t for t in service.provider.texts_to(ROSA)),
        "the answer",
        seconds=PAGED_WITHIN,
    )
    [(case,)] = service.rows("SELECT id FROM monitoring_escalation")
    responder = service.browser(RESPONDER)
    page = f"/case/{case}/"
    responder.post(f"{page}reach/", form_at=page, text="spoke with the patient")
    responder.post(
        f"{page}resolve/", form_at=page, outcome="emergency department", crs="1", icans="0", infection="", other="",
        text="sent to the emergency department",
    )  # fmt: skip
    [(state, outcome)] = service.rows("SELECT state, outcome FROM monitoring_escalation WHERE id = %s", case)
    assert (state, outcome) == ("resolved", "emergency department")


def nothing_is_broken(service: Service) -> None:
    """Every page was sent exactly once, and every invariant holds again."""
    codes = _codes(service)
    assert len(codes) == len(set(codes)) == 1
    sent_twice = service.rows(
        "SELECT message_id FROM notifications_delivery WHERE provider_sid IS NOT NULL AND state <> 'failed'"
        " GROUP BY message_id HAVING count(*) > 1"
    )
    assert sent_twice == []
    texts = [m for m in service.provider.ledger()["messages"] if m["direction"] != "inbound"]
    said = [(m["to"], m["body"]) for m in texts]
    assert len(said) == len(set(said)), "nothing was said twice"
    until(lambda: is_healthy(service), "a healthy service", seconds=PAGED_WITHIN)


def still_on_its_way(service: Service) -> list[tuple[str, ...]]:
    """What the provider has not ended yet; calls ring out by the clock."""
    rows = service.rows(
        "SELECT d.state FROM notifications_delivery d JOIN notifications_message m ON m.id = d.message_id"
        " WHERE d.state IN ('pending', 'claimed', 'submitting', 'ambiguous', 'accepted') AND m.channel = 'text'"
    )
    if rows:
        service.move_clock(5)
    return rows


def every_text_is_accounted_for_once(service: Service) -> None:
    """What the provider took is what we know it took: no text without a row, and no row with two texts."""
    ours = service.rows("SELECT provider_sid FROM notifications_delivery WHERE provider_sid LIKE 'SM%%'")
    taken = {m["sid"] for m in service.provider.ledger()["messages"] if m["direction"] != "inbound"}
    assert taken == {sid for (sid,) in ours}
    twice = "SELECT message_id FROM notifications_delivery WHERE state = 'delivered' GROUP BY 1 HAVING count(*) > 1"
    assert service.rows(twice) == []


def is_healthy(service: Service) -> bool:
    """Whether the health page says so."""
    return '"healthy": true' in _health(service)


def _health(service: Service) -> str:
    try:
        return service.browser(NURSE).get("/healthz")
    except OSError:
        return ""
