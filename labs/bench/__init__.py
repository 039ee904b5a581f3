"""What a notification costs in time, memory and money, beside what one would pick instead."""
