"""The local cloud: MiniStack, and beside it the rules of AWS that it lacks. Runs in an environment of its own."""
