"""Every address of the service."""

from django.urls import include, path

from monitoring.access import public
from stepup import health
from stepup.democlock import demo_clock
from stepup.views import doses, downtime, emergency, patients, protocols, readiness, shifts, sign_in, weights

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("patients/new/", patients.enrol, name="enrol"),
    path("patient/<int:pk>/", patients.show_patient, name="patient"),
    path("patient/<int:pk>/course/", patients.open_course, name="open-course"),
    path("patient/<int:pk>/pocket-order/", patients.sign_pocket_order, name="pocket-order"),
    path("course/<int:pk>/dose/", doses.record_dose, name="record-dose"),
    path("course/<int:pk>/readiness/", readiness.state_readiness, name="readiness"),
    path("course/<int:pk>/practice/", readiness.send_practice, name="practice"),
    path("course/<int:pk>/weight/", weights.record_weight, name="record-weight"),
    path("weight/<int:pk>/", weights.answer_weight, name="answer-weight"),
    path("course/<int:pk>/stop/", patients.stop_course, name="stop-course"),
    path("dose/<int:pk>/confirm/", doses.confirm_dose, name="confirm-dose"),
    path("on-call/", shifts.show_on_call, name="on-call"),
    path("on-call/add/", shifts.add_shift, name="add-shift"),
    path("on-call/<int:pk>/remove/", shifts.remove_shift, name="remove-shift"),
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
