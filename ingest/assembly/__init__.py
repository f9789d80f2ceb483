"""Pages to one document: what runs over pages is joined, what repeats on them is left out."""
