"""The provider's webhook signature, written from its public description and nothing else.

https://www.twilio.com/docs/usage/security: the address as it was given, then every parameter's name and value
in the order of the names, HMAC-SHA1 with the account's token, base64.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """The value of X-Twilio-Signature for a form posted to `url` (without its fragment)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
