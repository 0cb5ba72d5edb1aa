"""The one way to end a command that cannot go on."""


class Trouble(Exception):  # noqa: N818 - it is a sentence, not a fault of the program
    """A sentence for the person at the keyboard, and the exit status that goes with it.

    Status 2 means that something on this machine must change first; 1 that something we started failed.
    """

    def __init__(self, sentence: str, *, status: int = 2) -> None:
        super().__init__(sentence)
        self.status = status
