"""Addresses of the ward's own screens, and of the provider's texts and calls."""

from django.urls import path

from monitoring import (
    case_paper_views,
    inbox_views,
    phrase_views,
    rule_approval_views,
    take_link_views,
    views,
    webhooks,
)

urlpatterns = [
    path("board/", views.show_board, name="board"),
    path("board/rows/", views.show_rows, name="board-rows"),
    path("case/<int:pk>/", views.show_case, name="case"),
    path("case/<int:pk>/log/", views.show_case_log, name="case-log"),
    path("case/<int:pk>/take/", views.take_case, name="case-take"),
    path("case/<int:pk>/reach/", views.reach_case, name="case-reach"),
    path("case/<int:pk>/resolve/", views.resolve_case, name="case-resolve"),
    path("case/<int:pk>/hand-back/", views.hand_back_case, name="case-hand-back"),
    path("case/<int:pk>/decline/", views.decline_case, name="case-decline"),
    path("case/<int:pk>/timeline/", case_paper_views.show_timeline, name="case-timeline"),
    path("t/<str:token>/", take_link_views.take_by_link, name="take-link"),
    path("watch/<int:pk>/closer/", views.end_closer, name="end-closer"),
    path("tasks/", views.show_tasks, name="tasks"),
    path("task/<int:pk>/done/", views.finish_task, name="task-done"),
    path("replies/", inbox_views.show_inbox, name="inbox"),
    path("replies/<int:pk>/", inbox_views.show_item, name="inbox-item"),
    path("replies/<int:pk>/take/", inbox_views.take_item, name="inbox-take"),
    path("replies/<int:pk>/done/", inbox_views.finish_item, name="inbox-done"),
    path("replies/<int:pk>/call/", inbox_views.record_call, name="inbox-call"),
    path("replies/<int:pk>/escalate/", inbox_views.escalate_item, name="inbox-escalate"),
    path("replies/<int:pk>/benign/", inbox_views.learn_phrase, name="inbox-benign"),
    path("replies/<int:pk>/translate/", inbox_views.translate_item, name="inbox-translate"),
    path("reaction/<int:pk>/over/", views.end_reaction, name="reaction-over"),
    path("rules/", rule_approval_views.show_rules, name="rules"),
    path("rules/approve/", rule_approval_views.approve_rules, name="rules-approve"),
    path("phrases/", phrase_views.show_phrases, name="phrases"),
    path("phrases/<int:pk>/", phrase_views.show_phrase, name="phrase"),
    path("reply/<int:pk>/phrase/", phrase_views.propose_phrase, name="phrase-propose"),
    path("phrases/<int:pk>/approve/", phrase_views.approve_phrase, name="phrase-approve"),
    path("phrases/<int:pk>/end/", phrase_views.end_phrase, name="phrase-end"),
    path("webhooks/twilio/inbound", webhooks.text_received, name="inbound-text"),
    path("webhooks/twilio/voice/<str:token>", webhooks.call_answered, name="call-answered"),
    path("webhooks/twilio/voice/<str:token>/key", webhooks.key_pressed, name="call-key"),
]
