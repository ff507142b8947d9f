-- Migration: 002_add_conversations_tables
-- Description: Drop conversations and conversation messages with all their rows
-- Created: 2025-10-12

DROP TABLE conversation_messages;
DROP TABLE conversations;
