"""Lines of text with their places to blocks in reading order, for text layers and for scans."""
