-- Migration: 001_initial_schema
-- Description: Create initial database schema with users, sessions, documents, and memories
-- Created: 2025-10-12

-- What a person gave the agent goes when the person goes, so every user_id is ON DELETE CASCADE.
-- The application sets updated_at whenever it changes a row.
-- Tables are created without IF NOT EXISTS on purpose. A table that is already there, with who knows which columns,
-- should stop this migration rather than pass for ours.

CREATE TABLE users (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    email        text NOT NULL,
    display_name text,
    metadata     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_is_address CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
    CONSTRAINT users_display_name_not_blank CHECK (display_name ~ '[^[:space:]]'),
    CONSTRAINT users_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE users IS 'People who talk to the agent.';

-- An address is kept as it was typed and is unique in any case; look it up by lower(email).
CREATE UNIQUE INDEX users_email_key ON users (lower(email));


CREATE TABLE sessions (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    user_id      bigint NOT NULL,
    token_hash   bytea NOT NULL,
    metadata     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,

    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_token_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT sessions_expires_after_created CHECK (expires_at > created_at),
    CONSTRAINT sessions_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE sessions IS 'Signed-in sessions; expired ones may be deleted at any time.';
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the session token; the token itself is never stored.';

CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);


CREATE TABLE documents (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    user_id      bigint NOT NULL,
    title        text NOT NULL,
    source_url   text,
    media_type   text NOT NULL DEFAULT 'text/plain',
    content      text NOT NULL,
    content_hash bytea NOT NULL,
    metadata     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT documents_pkey PRIMARY KEY (id),
    -- Adds nothing to the primary key but a target for memories_document_fkey.
    CONSTRAINT documents_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT documents_user_id_content_hash_key UNIQUE (user_id, content_hash),
    CONSTRAINT documents_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT documents_title_not_blank CHECK (title ~ '[^[:space:]]'),
    CONSTRAINT documents_media_type_has_subtype CHECK (media_type LIKE '_%/_%'),
    CONSTRAINT documents_content_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT documents_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE documents IS 'Texts a user gave the agent to read.';
COMMENT ON COLUMN documents.content_hash IS 'SHA-256 of content in UTF-8; a user has each text once.';

CREATE INDEX documents_user_id_created_at_idx ON documents (user_id, created_at DESC);


CREATE TABLE memories (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    user_id     bigint NOT NULL,
    document_id bigint,
    kind        text NOT NULL,
    content     text NOT NULL,
    importance  real NOT NULL DEFAULT 0.5,
    metadata    jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT memories_pkey PRIMARY KEY (id),
    CONSTRAINT memories_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    -- Both columns, so that a memory cannot cite another user's document. What was learned from a document is
    -- forgotten with it.
    CONSTRAINT memories_document_fkey FOREIGN KEY (document_id, user_id)
        REFERENCES documents (id, user_id) ON DELETE CASCADE,
    CONSTRAINT memories_kind_is_known CHECK (kind IN ('fact', 'preference', 'instruction', 'summary')),
    CONSTRAINT memories_content_not_blank CHECK (content ~ '[^[:space:]]'),
    CONSTRAINT memories_importance_in_range CHECK (importance BETWEEN 0 AND 1),
    CONSTRAINT memories_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE memories IS 'What the agent remembers about a user from one conversation to the next.';
COMMENT ON COLUMN memories.document_id IS 'The document it was learned from; null when it was learned in talk.';
COMMENT ON COLUMN memories.importance IS 'From 0 (may be forgotten) to 1 (always recalled).';

CREATE INDEX memories_user_id_importance_idx ON memories (user_id, importance DESC);
CREATE INDEX memories_document_id_user_id_idx ON memories (document_id, user_id);


-- Record this migration (optional - system will auto-record if missing)
INSERT INTO public.schema_migrations (version, description)
VALUES ('001', 'Create initial database schema with users, sessions, documents, and memories')
ON CONFLICT (version) DO NOTHING;
