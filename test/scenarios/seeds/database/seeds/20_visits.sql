-- Description: A visit to begin with
-- Seed: once
-- Placeholders: on
INSERT INTO visits VALUES (${visit});
