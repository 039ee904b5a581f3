"""What other files hold of the past, read line by line: our own exports, Home Assistant's, InfluxDB's."""
