"""Web addresses to files: politely, and never from a private address unless told."""
