"""The use-cases: what PiCode does, in no editor's vocabulary."""
