"""What the book adds to Sphinx: one idea a file."""
