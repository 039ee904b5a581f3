"""What a person sees: tables, reports, instants in words."""
