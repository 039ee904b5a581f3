"""What people look at, and the owner's part played."""
