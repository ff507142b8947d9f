-- Description: Sample users
-- Environment: development, test
INSERT INTO users VALUES (1), (2);
