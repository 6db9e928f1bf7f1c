"""How properties are checked, and a certificate to speak TLS with."""

from hypothesis import settings

from tests.certificates import certificate, server_tls, trusting_tls  # noqa: F401 - fixtures

# A busy machine makes a slow example, not a wrong one.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
