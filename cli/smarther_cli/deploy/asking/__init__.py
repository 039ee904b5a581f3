"""What a deploy has to know, and where each answer comes from."""
