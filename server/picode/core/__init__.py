"""Pure values and functions: no clock, no IO, no failure on odd text."""
