"""The callback: hands the code of one consent to the keeper, and shows the owner what came of it."""
