"""Refusal: the one way to say no."""


class Refusal(Exception):  # noqa: N818 - the ward's word, not Python's
    """Something that may not happen now, with a stable code and one sentence saying what to do instead.

    A refusal is for acts that are still ahead. What has already happened is recorded, with a reason.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
