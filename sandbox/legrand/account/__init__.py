"""Who may call: applications, tokens, quotas, subscriptions, planned faults."""
