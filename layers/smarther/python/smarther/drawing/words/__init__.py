"""All texts that an owner reads on a page: one module for each language, and one that chooses the language."""
