"""One message: addresses, merge tags, tokens, headers, composing and the SMTP connection. No models."""
