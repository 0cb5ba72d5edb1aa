"""Finished rows, copied until each table that grows has as many as asked for: what is live must not grow slower."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from monitoring import checkins, escalations, inbound
from monitoring.models import Escalation, Patient, Task, Watch
from notifications.models import Clinician, Delivery

MESSAGE = "(SELECT id FROM notifications_message WHERE key = 'copy:' || g)"
LINE = "(SELECT id FROM notifications_auditentry WHERE subject = 'copy:' || g)"
GROWING: list[tuple[str, str, dict[str, str]]] = [
    ("notifications_message", "key NOT LIKE 'copy:%'", {"key": "'copy:' || g"}),
    ("notifications_delivery", "state = 'delivered'", {
        "message_id": MESSAGE, "token": "'copy' || g", "provider_sid": "'SMcopy' || g"}),
    ("notifications_providerreport", "applied_at IS NOT NULL", {}),
    ("monitoring_reply", "understood_at IS NOT NULL", {"provider_sid": "'SMcopy' || g"}),
    ("monitoring_finding", "true", {}),
    ("monitoring_watch", "closed_at IS NOT NULL", {}),
    ("monitoring_checkin", "state = 'answered'", {}),
    ("monitoring_escalation", "state = 'resolved'", {
        "code": "to_char(1000 + g % 9000, 'FM0000')", "opened_at": "r.opened_at - interval '30 days'",
        "resolved_at": "r.resolved_at - interval '30 days'"}),
    ("monitoring_escalationevent", "true", {}),
    ("monitoring_task", "done_at IS NOT NULL", {}),
    ("monitoring_closerquestions", "ended_at IS NOT NULL", {}),
    ("monitoring_canary", "lapsed_at IS NOT NULL", {"text_id": MESSAGE, "token": "'copy' || g"}),
]  # fmt: skip
"""Each table: which finished row is copied, and what must differ between copies (g counts them)."""

LEDGER: list[tuple[str, str, dict[str, str]]] = [
    ("notifications_auditentry", "id IN (SELECT entry_id FROM notifications_auditseal)", {"subject": "'copy:' || g"}),
    ("notifications_auditseal", "true", {"entry_id": LINE}),
]  # fmt: skip
"""The same of lines and their seals, copied at one moment: an engine that runs would seal the lines itself."""


def fill(before: int, size: int) -> list[str]:
    """Add to each table the copies after `before` up to `size`, let the planner know, and name those that grew."""
    grown = copy(before, size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # or what was copied would be written out while the texts come in
    return grown


def copy(before: int, size: int) -> list[str]:
    """The same, of which the planner knows nothing yet. A table of which no row has finished stays as it is."""
    grown = [table for table, which, differs in GROWING if _copied(table, which, differs, before, size)]
    with transaction.atomic():
        return grown + [
            table for table, which, differs in LEDGER if _copied(table, which, differs, before, size)
        ]


def _copied(table: str, which: str, differs: dict[str, str], before: int, size: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'"
            " AND is_generated = 'NEVER'",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = [differs.get(name, f'r."{name}"') for name in columns]
        named = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({named}) SELECT {', '.join(values)}"  # noqa: S608 - names of our own
            f" FROM (SELECT * FROM {table} WHERE {which} ORDER BY id LIMIT 1) r,"
            f" generate_series({before + 1}, {size}) g"
        )
        return int(cursor.rowcount)


def history(patient: Patient, *, by: Clinician, now: datetime) -> None:
    """Let something of everything happen to a patient under watch, and be over, so that it can be copied."""
    checkins.ask_due(now=now)
    for place, words in enumerate(("98.6", "38.6 and shaking")):
        inbound.receive(
            provider_sid=f"SMhistory{place}", sender=patient.phone, sent_to=patient.site.patient_number,
            body=words, now=now,
        )  # fmt: skip
    for case in Escalation.objects.filter(patient=patient):
        escalations.take(case.pk, by=by, now=now, how="screen")
        escalations.reach(case.pk, by=by, now=now)
        grades = [("crs", 0), ("icans", 0)]
        escalations.resolve(case.pk, by=by, now=now, outcome="home", grades=grades, over=True)
    over = {"done_at": now, "done_by": by, "outcome": "read", "pages_when_late": False}
    Task.objects.create(site=patient.site, patient=patient, what="a call", opened_at=now, due_at=now, **over)
    taken = Concat(Value("SMhistory"), Cast("pk", CharField()))
    Delivery.objects.filter(state="pending").update(state="delivered", provider_sid=taken, ended_at=now)
    watch = Watch.objects.get(patient=patient)
    watch.checkins.update(state="answered", next_at=None, ended_at=now, ended_why="answered")
    Watch.objects.filter(pk=watch.pk).update(closed_at=now, closed_why="over")
