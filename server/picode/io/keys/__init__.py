"""Where keys come from. `chain.Keychain` is what the rest of PiCode uses; it asks, in this order:

    session         what the editor has given, for as long as this server runs (entry: a key that the user enters there)
    environment     variables such as OPENAI_API_KEY
    keyring         the operating system's, which may be absent or hang (register: what PiCode has put there)
    vault           an encrypted file, for machines without a keyring (sealing: its cryptography and its format)

A stored key bears the origin it was stored for in its name (`core.keys.entry_name`), and is found for no other. Nothing here
imports keyring or cryptography before a key is looked for that could be there.
"""
