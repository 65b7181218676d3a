"""What a document's syntax tells: where blocks end, what is defined, whether a suggestion would break it.

Pure. Grammars are loaded when a language is first met; a language without one gets empty answers, never an error. Whatever
works at the cursor looks at a window of lines around it, so that a long document costs no more than a short one.
"""
