"""Every word that an owner reads on a page, in each language: one module a language, and one that chooses."""
