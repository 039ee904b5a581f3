"""The webhook and its subscriptions, as the keeper tends them."""
