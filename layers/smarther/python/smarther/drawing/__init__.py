"""From values to HTML and SVG. Pure: no clock, no network, no environment."""
