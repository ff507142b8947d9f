-- Migration: 001_make_users
-- Descripton: Create users
CREATE TABLE users (id bigint PRIMARY KEY);
