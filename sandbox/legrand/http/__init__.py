"""The stand-in at one address: login, API, control plane."""
