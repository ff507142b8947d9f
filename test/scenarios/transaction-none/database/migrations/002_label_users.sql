-- Transaction: none
UPDATE users SET label = label || ' once';
CREATE UNIQUE INDEX CONCURRENTLY users_label ON users (label);
VACUUM users;
