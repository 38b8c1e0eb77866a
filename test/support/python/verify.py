"""Verifies webhooks as their receivers in Python would: one JSON document a line in, one verdict a line out."""

import json
import sys

import standardwebhooks.webhooks
import svix.webhooks

LIBRARIES = {"standardwebhooks": standardwebhooks.webhooks, "svix": svix.webhooks}


def verdict(library, secret, headers, body):
    try:
        library.Webhook(secret).verify(body, headers)
        return "accepted"
    except library.WebhookVerificationError as error:
        return f"refused: {error}"


for line in sys.stdin:
    message = json.loads(line)
    verdicts = {name: verdict(library, **message) for name, library in LIBRARIES.items()}
    print(json.dumps(verdicts), flush=True)
