"""From a notification's body to the table, in time; and the ways around a table that fails."""
