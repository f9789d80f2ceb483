"""The human loop: records drawn for people to read, and what these say of them."""
