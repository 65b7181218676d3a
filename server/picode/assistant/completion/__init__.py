"""Inline completion: from a cursor in a document to the items that the editor shows."""
