-- Environment: test
UPDATE users SET name = upper(name);
