-- Environment: test
SELECT 1;
