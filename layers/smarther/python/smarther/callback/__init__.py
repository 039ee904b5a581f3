"""What awaits the owner behind consent: the code of one consent is handed to the keeper, which does the rest."""
