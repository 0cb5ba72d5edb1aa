"""Addresses the provider reports to."""

from django.urls import path

from notifications import webhooks

urlpatterns = [path("webhooks/twilio/status/<str:token>", webhooks.delivery_report, name="delivery-report")]
