-- Migration: 002_add_conversations_tables
-- Description: Add conversations and conversation messages tables for persistent chat history
-- Created: 2025-10-12

CREATE TABLE conversations (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    user_id    bigint NOT NULL,
    session_id bigint,
    title      text,
    metadata   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT conversations_pkey PRIMARY KEY (id),
    CONSTRAINT conversations_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    -- Chat history outlives the session it was started in.
    CONSTRAINT conversations_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE SET NULL,
    CONSTRAINT conversations_title_not_blank CHECK (title ~ '[^[:space:]]'),
    CONSTRAINT conversations_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE conversations IS 'Chats between a user and the agent.';
COMMENT ON COLUMN conversations.session_id IS 'The session it was started in; null once that session is deleted.';
COMMENT ON COLUMN conversations.updated_at IS 'When the latest message came in, or the conversation was changed.';

CREATE INDEX conversations_user_id_updated_at_idx ON conversations (user_id, updated_at DESC);
CREATE INDEX conversations_session_id_idx ON conversations (session_id);


-- A message is written once and never changed, hence no updated_at.
CREATE TABLE conversation_messages (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    conversation_id bigint NOT NULL,
    message_number  bigint NOT NULL,
    role            text NOT NULL,
    content         text NOT NULL,
    metadata        jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT conversation_messages_pkey PRIMARY KEY (id),
    -- Reads a conversation in order, serves the foreign key, and lets only one of two writers have the next number.
    CONSTRAINT conversation_messages_conversation_id_message_number_key UNIQUE (conversation_id, message_number),
    CONSTRAINT conversation_messages_conversation_id_fkey FOREIGN KEY (conversation_id)
        REFERENCES conversations (id) ON DELETE CASCADE,
    CONSTRAINT conversation_messages_message_number_positive CHECK (message_number > 0),
    CONSTRAINT conversation_messages_role_is_known CHECK (role IN ('system', 'user', 'assistant', 'tool')),
    CONSTRAINT conversation_messages_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE conversation_messages IS 'What was said in a conversation, in order.';
COMMENT ON COLUMN conversation_messages.message_number IS 'Its place in the conversation, from 1.';
COMMENT ON COLUMN conversation_messages.content IS 'The text; empty when the message only calls a tool.';
COMMENT ON COLUMN conversation_messages.metadata IS 'Tool calls, model, token counts.';
