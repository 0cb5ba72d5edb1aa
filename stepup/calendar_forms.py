"""The form that ends a calendar address."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup.course_forms import in_words


class RevokeAddressForm(WardForm):
    """Why an address is ended."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = in_words(
        _("Why it is revoked"),
        _("Like: telephone lost. Kept with your name."),
        missing=_("Say why it is revoked, like: telephone lost."),
    )
