"""The one kind of exception that the domain raises when a person's wish can't be carried out."""


class DomainError(Exception):
    """A refusal that names what is wrong: `code` for programs, `message` for people, `field` when one is to blame.

    Verbs subclass it in their own module; dashboard and API translate it without knowing the verb.
    """

    code = "invalid"
    message = "That isn't possible."
    field: str | None = None

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.message = message or self.message
        self.field = field or self.field
        super().__init__(self.message)
