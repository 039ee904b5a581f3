"""The owner's account at Legrand: consent, tokens, subscriptions, the webhook, the quota, and what its answers mean."""
