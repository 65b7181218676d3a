-- A file of version 3, as that version wrote it. It never changes.

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
CREATE INDEX turn_unindexed ON turn (id) WHERE indexed = 0;
CREATE VIRTUAL TABLE turn_search USING fts5 (text, content = 'turn', content_rowid = 'id', tokenize = 'trigram');

INSERT INTO conversation VALUES ('bcdfghjk', 'What does fold do?', '/home/me/project', 'editor', 1000.0, 1010.0);
INSERT INTO conversation VALUES ('mnpqrstv', 'Über "quotes" and ''ticks''', '', 'terminal', 2000.0, 2000.5);
INSERT INTO turn (id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost, state, problem, shown, settled, indexed, reasoning) VALUES (1, 'bcdfghjk', 1, 'user', 'What does `fold` do?', 1000.0, 'explain', '', '', 0, 0, 0, NULL, 'whole', '', '["a.py", "b c.py"]', 1, 1, '');
INSERT INTO turn (id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost, state, problem, shown, settled, indexed, reasoning) VALUES (2, 'bcdfghjk', 2, 'assistant', 'It folds.'||char(10)||'Twice.', 1001.0, '', 'ollama', 'qwen2.5-coder', 120, 30, 64, 0.0125, 'whole', '', '[]', 1, 1, 'Does it fold?');
INSERT INTO turn (id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost, state, problem, shown, settled, indexed, reasoning) VALUES (3, 'bcdfghjk', 3, 'user', 'And then?', 1002.0, '', '', '', 0, 0, 0, NULL, 'whole', '', '[]', 1, 0, '');
INSERT INTO turn (id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost, state, problem, shown, settled, indexed, reasoning) VALUES (4, 'bcdfghjk', 4, 'assistant', 'Then it', 1003.0, '', 'ollama', 'qwen2.5-coder', 0, 0, 0, NULL, 'partial', 'ollama: the connection was reset.', '[]', 0, 0, '');
INSERT INTO turn (id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost, state, problem, shown, settled, indexed, reasoning) VALUES (5, 'mnpqrstv', 1, 'user', '日本語 und zebra', 2000.5, 'ask', '', '', 0, 0, 0, NULL, 'whole', '', '[]', 1, 0, '');
INSERT INTO turn_search (rowid, text) SELECT id, text FROM turn WHERE indexed = 1;
PRAGMA user_version = 3;
