"""A fake editor and a scripted upstream, for tests that read like editing."""
