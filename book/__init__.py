"""The command of the book, and all that surrounds the chapters."""
