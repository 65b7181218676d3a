"""What was asked, what it cost and what became of it: names and figures, no text."""
