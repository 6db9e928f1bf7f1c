"""Adding a passkey, in words that say what it is good for."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm


class AddKeyForm(AddWebAuthnForm):
    """allauth's form; the key signs in by itself unless somebody wants it beside the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "To tell it from others, such as “Work laptop”."
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = "Sign in with it alone"
        alone.help_text = "Without the password. The key must then ask for a PIN, a finger or a face."
