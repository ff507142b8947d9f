CREATE TABLE IF NOT EXISTS runs (what text);
INSERT INTO runs VALUES ('up');
