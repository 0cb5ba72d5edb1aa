"""The form that ends a calendar address."""

from typing import ClassVar

from monitoring.forms import WardForm
from stepup.course_forms import in_words


class RevokeAddressForm(WardForm):
    """Why an address is ended."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = in_words(
        "Why it is revoked",
        "Like: telephone lost. Kept with your name.",
        missing="Say why it is revoked, like: telephone lost.",
    )
