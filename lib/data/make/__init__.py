"""The scripts that made the files of lib/data. They ran once, and need packages that readers lack."""
