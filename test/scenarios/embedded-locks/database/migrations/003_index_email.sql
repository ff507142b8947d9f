-- Lock-Timeout: 3s
CREATE INDEX CONCURRENTLY users_email ON users (email);
