"""The local cloud, the deployed stack and their processes."""
