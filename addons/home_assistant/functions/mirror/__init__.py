"""From events on the bus to MQTT: the latest state of each thermostat, as the table has it now."""
