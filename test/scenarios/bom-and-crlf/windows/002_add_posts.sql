-- Migration: 002_add_posts
-- Description: Posts, from Windows

CREATE TABLE posts (body text);
INSERT INTO posts VALUES ('a
b');
