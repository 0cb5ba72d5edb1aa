"""One page: how many people there are."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import path


def readyz(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(User.objects.count()))


urlpatterns = [path("readyz", readyz)]
