"""The whole stack on one machine: a local cloud, a stand-in for Legrand's, the real `sam deploy` between them."""
