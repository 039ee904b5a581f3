"""What the recorder is to Legrand: its application and the consent of its owner."""
