"""What not every owner needs: each folder is a stack of its own beside the core, which knows none of them."""
