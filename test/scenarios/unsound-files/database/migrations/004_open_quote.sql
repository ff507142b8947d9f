CREATE TABLE open_quote (t text DEFAULT 'it''s);
INSERT INTO open_quote VALUES (DEFAULT);
