"""Where the core meets the world: each vendor behind one module, vendor errors turned into domain errors."""
