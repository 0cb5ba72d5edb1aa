"""What every page needs: the site and its numbers, what this clinician may do, whether the service is well, and
whether this is a demo.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from monitoring import pulse
from notifications import clock, roles
from notifications.models import Clinician
from stepup import emergency


def page(request: HttpRequest) -> dict[str, Any]:
    """The site, its zone, the acts this clinician's role allows, and the signs of the service; little for somebody who
    is not signed in.
    """
    common = {
        "phones_page": settings.PHONES_PAGE_URL if settings.DEMO_CLOCK else "",
        "demo": settings.DEMO_CLOCK,
    }
    user = getattr(request, "user", None)
    if not isinstance(user, Clinician):
        # Somebody locked out needs the desk's number most. Where several hospitals share the service, nobody
        # knows yet whose it would be.
        site = emergency.only_site()
        return {**common, "site": site} if site else common
    acts = {act for act in roles.MAY if roles.may(user, act)}
    # Read once by a page that shows it, and not by a part that refreshes itself.
    service = SimpleLazyObject(lambda: pulse.signs(user.site, now=clock.now()))
    return {**common, "site": user.site, "zone": user.site.time_zone, "acts": acts, "service": service}
