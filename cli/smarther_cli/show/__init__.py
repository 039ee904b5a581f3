"""Output for people: tables, reports, instants in words."""
