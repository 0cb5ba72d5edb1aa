"""Every address of the service."""

from django.urls import include, path

from monitoring.access import public
from stepup import health
from stepup.democlock import demo_clock
from stepup.views import (
    closures,
    contacts,
    doses,
    downtime,
    emergency,
    holds,
    moves,
    patients,
    protocols,
    shifts,
    sign_in,
)

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("patients/new/", patients.enrol, name="enrol"),
    path("patient/<int:pk>/", patients.show_patient, name="patient"),
    path("patient/<int:pk>/course/", patients.open_course, name="open-course"),
    path("patient/<int:pk>/pocket-order/", patients.sign_pocket_order, name="pocket-order"),
    path("patient/<int:pk>/contacts/", contacts.correct_contacts, name="contacts"),
    path("patient/<int:pk>/texts/", contacts.let_texts_go, name="let-texts-go"),
    path("patient/<int:pk>/end/", contacts.end_enrolment, name="end-enrolment"),
    path("pocket-order/<int:pk>/revoke/", contacts.revoke_pocket_order, name="revoke-pocket-order"),
    path("course/<int:pk>/dose/", doses.record_dose, name="record-dose"),
    path("course/<int:pk>/move/", moves.move_dose, name="move-dose"),
    path("course/<int:pk>/skip/", moves.skip_dose, name="skip-dose"),
    path("course/<int:pk>/hold/", holds.hold_course, name="hold-course"),
    path("course/<int:pk>/interval/", holds.confirm_interval, name="confirm-interval"),
    path("course/<int:pk>/review/", holds.record_review, name="record-review"),
    path("hold/<int:pk>/lift/", holds.lift_hold, name="lift-hold"),
    path("course/<int:pk>/stop/", patients.stop_course, name="stop-course"),
    path("dose/<int:pk>/confirm/", doses.confirm_dose, name="confirm-dose"),
    path("on-call/", shifts.show_on_call, name="on-call"),
    path("on-call/add/", shifts.add_shift, name="add-shift"),
    path("on-call/<int:pk>/remove/", shifts.remove_shift, name="remove-shift"),
    path("closed-days/", closures.show_closed_days, name="closed-days"),
    path("closed-days/<int:pk>/remove/", closures.remove_closed_day, name="remove-closed-day"),
    path("protocols/", protocols.show_protocols, name="protocols"),
    path("protocols/<slug:label_id>/<slug:pathway_id>/", protocols.show_protocol, name="protocol"),
    path("protocols/<slug:label_id>/<slug:pathway_id>/sign/", protocols.sign_protocol, name="protocol-sign"),
    path("downtime/", downtime.show_downtime, name="downtime"),
    path("e/", emergency.type_code, name="emergency-code"),
    path("e/<slug:code>/", emergency.show_emergency, name="emergency"),
    path("demo/clock", demo_clock, name="demo-clock"),
    path("healthz", public("figures only, for an outside monitor")(health.healthz), name="healthz"),
    path("readyz", public("says only that the service answers")(health.readyz), name="readyz"),
    path("", include("monitoring.urls")),
    path("", include("notifications.urls")),
]
