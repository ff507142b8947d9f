-- As Prisma writes it, and a statement beside it.
CREATE TYPE mood AS ENUM ('sad', 'ok');

BEGIN;
CREATE TYPE mood_new AS ENUM ('sad', 'happy');
CREATE TABLE people (id int, mood mood_new);
COMMIT;

BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO people VALUES (1, 'happy');
INSERT INTO people SELECT 2, 'sad' WHERE current_setting('transaction_isolation') = 'serializable';
COMMIT; ANALYZE people;
