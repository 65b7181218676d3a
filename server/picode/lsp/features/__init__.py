"""One file per feature of the protocol: convert, ask the assistant, convert back."""
