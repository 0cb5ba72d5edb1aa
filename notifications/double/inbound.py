"""Texts from a handset to the service: opt-out words first, then the webhook, tried until it is taken.

Keywords: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out. A keyword is still posted to the
service; what it blocks is what the account may send from then on.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from notifications.double import segments, twiml
from notifications.double.checks import E164, LONGEST_BODY
from notifications.double.clock import Clock
from notifications.double.exchange import Exchange
from notifications.double.options import API_VERSION
from notifications.double.problems import RefusedError
from notifications.double.records import Message, new_sid
from notifications.double.texts import Texts
from notifications.double.webhooks import UNANNOUNCED, Errand, Outcome
from notifications.double.workers import Timer

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})
NOTICES = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
# A toll-free number is blocked by the network itself, which no setting of the account changes:
# https://support.twilio.com/hc/en-us/articles/360058144374
NETWORK_STOP = frozenset({"STOP"})
NETWORK_NOTICES = {
    "STOP": 'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. '
    'Text back "unstop" to receive messages again.',
    "START": 'NETWORK MSG: You have replied "unstop" and will begin receiving messages again from this number.',
}
TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)\d{7}")
NOT_RETRIEVED, LOOPING = 11200, 30039
PATH = "/webhooks/twilio/inbound"


def is_toll_free(number: str) -> bool:
    """Whether a number is of the ranges whose texts the network itself stops."""
    return TOLL_FREE.fullmatch(number) is not None


class Inbound:
    """What people text from the simulated handsets."""

    def __init__(self, exchange: Exchange, texts: Texts) -> None:
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._faults = exchange.faults
        self._postman = exchange.postman
        self._workers = exchange.workers
        self._texts = texts
        # Retries wait in real time: moving the demo's clock does not mend a dead service.
        self._later = Timer(Clock(), exchange.workers, exchange.stopping)

    def start(self) -> None:
        """Begin, and go on with what an earlier run had not handed over."""
        self._later.start()
        for message in list(self._ledger.messages.values()):
            if message.handover == "waiting":
                self._workers.submit(partial(self._hand_over, message, 1))

    def send(self, *, sender: str, to: str, body: str, media: Sequence[str] = ()) -> Message:
        """A person texts the service. Raises RefusedError for an impossible number or body."""
        for number in (sender, to):
            if not E164.fullmatch(number):
                raise RefusedError(f"{number or 'Nothing'} is not a phone number such as +15550100001.")
        if not body.strip() and not media:
            raise RefusedError("Type something to send.")
        if len(body) > LONGEST_BODY:
            raise RefusedError(f"A text has at most {LONGEST_BODY} characters.")
        doing = self._faults.strike(kind="inbound", sender=sender, to=to)
        now = self._clock.now()
        message = Message(
            sid=new_sid("MM" if media else "SM"),
            direction="inbound",
            sender=sender,
            to=to,
            body=body,
            status="received",
            created_at=now,
            updated_at=now,
            sent_at=now,
            num_segments=segments.count(body),
            media=list(media),
            history=[["received", now.isoformat()]],
            faults=doing,
            handover="lost" if "lost" in doing else "waiting",
            error_code=LOOPING if "lost" in doing else None,
        )
        self._ledger.save(message)
        word = self._keyword(message)
        changed = self._apply(word, message)
        if "lost" not in doing:
            for _ in range(2 if "duplicate" in doing else 1):
                self._workers.submit(lambda: self._hand_over(message, 1))
        if changed:
            notices = NOTICES | NETWORK_NOTICES if is_toll_free(to) else NOTICES
            self._texts.answer_by_itself(sender=to, to=sender, body=notices[word], automatic=True)
        return message

    def come_back(self, message: Message) -> None:
        """A text the service sent to one of its own numbers reaches it like anybody's."""
        self.send(sender=message.sender, to=message.to, body=message.body)

    def _keyword(self, message: Message) -> str:
        """STOP, START or HELP when the whole text is one of their words, in any case; otherwise nothing."""
        word = message.body.strip().upper()
        starting = START_WORDS | ({"YES"} if self._options.yes_opts_in else set())
        stopping = STOP_WORDS | ({"NO"} if self._options.no_opts_out else set())
        families = {"STOP": stopping, "START": starting, "HELP": HELP_WORDS}
        if is_toll_free(message.to):
            families |= {"STOP": NETWORK_STOP, "START": START_WORDS}
        return next((family for family, words in families.items() if word in words), "")

    def _apply(self, word: str, message: Message) -> bool:
        """Block or unblock. Whether the provider now answers by itself."""
        pair = (message.to, message.sender)
        out = pair in self._ledger.opted_out
        if word == "HELP":
            return True
        if (word == "STOP" and not out) or (word == "START" and out):
            self._ledger.set_opted_out(*pair, out=word == "STOP")
            return True
        return False

    def _hand_over(self, message: Message, attempt: int) -> None:
        """Try to give the text to the service; plan the next try, or give up after the last."""
        errand = Errand(
            about="inbound",
            sid=message.sid,
            url=self._options.webhook_base + PATH,
            form=self._form(message),
            faults=tuple(message.faults),
            token=f"{message.sid}-inbound",
        )
        outcome = self._postman.attempt(errand, attempt)
        pauses = self._options.inbound_pauses
        with self._ledger.changed:
            message.tries += 1
            if outcome.is_good:
                message.handover, message.error_code = "taken", None
            elif attempt > len(pauses):
                if message.handover != "taken":
                    message.handover, message.error_code = "given up", NOT_RETRIEVED
                    if self._options.inbound_fallback:
                        message.handover = "waiting"
                        self._workers.submit(lambda: self._fall_back(message, errand))
            else:
                due_at = datetime.now(UTC) + timedelta(seconds=pauses[attempt - 1])
                self._later.at(due_at, lambda: self._hand_over(message, attempt + 1))
            self._ledger.save(message)
        self._answer(message, outcome)

    def _fall_back(self, message: Message, errand: Errand) -> None:
        """Try the other address once, told what went wrong at the first; the error stays in the log."""
        form = {**errand.form, "ErrorCode": str(NOT_RETRIEVED), "ErrorUrl": errand.url}
        outcome = self._postman.deliver(replace(errand, url=self._options.inbound_fallback, form=form))
        with self._ledger.changed:
            message.handover = "taken" if outcome.is_good else "given up"
            self._ledger.save(message)
        self._answer(message, outcome)

    def _answer(self, message: Message, outcome: Outcome) -> None:
        """Send what the service's answer asks to be sent."""
        if not outcome.is_good or not outcome.body.strip():
            return
        try:
            bodies = twiml.messages(outcome.body)
        except twiml.TwimlError:
            return
        for body in bodies:
            self._texts.answer_by_itself(sender=message.to, to=message.sender, body=body, automatic=False)

    def _form(self, message: Message) -> dict[str, str]:
        form = {
            "AccountSid": self._options.account_sid,
            "ApiVersion": API_VERSION,
            "Body": message.body,
            "From": message.sender,
            "FromCity": "",
            "FromCountry": "US" if re.match(r"\+1\d{10}$", message.sender) else "",
            "FromState": "",
            "FromZip": "",
            "MessageSid": message.sid,
            "NumMedia": str(len(message.media)),
            "NumSegments": str(message.num_segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.to,
            "ToCity": "",
            "ToCountry": "US",
            "ToState": "",
            "ToZip": "",
            **UNANNOUNCED,
        }
        for number, address in enumerate(message.media):
            form[f"MediaUrl{number}"] = address
            form[f"MediaContentType{number}"] = "image/jpeg"
        word = self._keyword(message)
        if word and self._options.advanced_opt_out:
            form["OptOutType"] = word
        return form
