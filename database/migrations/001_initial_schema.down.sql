-- Migration: 001_initial_schema
-- Description: Drop users, sessions, documents, and memories with all their rows
-- Created: 2025-10-12

-- Referencing tables first. Without CASCADE, so that a table added later that still refers to one of these stops the
-- rollback instead of losing its foreign key.
DROP TABLE memories;
DROP TABLE documents;
DROP TABLE sessions;
DROP TABLE users;
