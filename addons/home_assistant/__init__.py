"""The add-on that shows the thermostats in Home Assistant, by MQTT on AWS IoT Core."""
