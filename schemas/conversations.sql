-- The file of conversations, version 3: server/picode/io/conversations/migrations

CREATE TABLE conversation (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    folder TEXT NOT NULL,
    origin TEXT NOT NULL,
    begun REAL NOT NULL,
    changed REAL NOT NULL
) WITHOUT ROWID;

CREATE INDEX conversation_changed ON conversation (changed);

CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    command TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost REAL,
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    shown TEXT NOT NULL
, settled INTEGER NOT NULL DEFAULT 1, indexed INTEGER NOT NULL DEFAULT 0, reasoning TEXT NOT NULL DEFAULT '');

CREATE INDEX turn_place ON turn (conversation, place);

CREATE VIRTUAL TABLE turn_search USING fts5 (text, content = 'turn', content_rowid = 'id', tokenize = 'trigram');

CREATE INDEX turn_unindexed ON turn (id) WHERE indexed = 0;
