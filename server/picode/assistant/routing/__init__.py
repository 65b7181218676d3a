"""Which models a request goes to, in which order, and how each of them is called."""
