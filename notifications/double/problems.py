"""How the double says no to people and scripts; the provider's own refusals are in answers.py."""


class RefusedError(Exception):
    """Something cannot be done, for the reason in the sentence. `status` is what it is over HTTP."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status
