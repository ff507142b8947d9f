SELECT "a;""b", "--", "/*", "it's" FROM "t\";
SELECT 2;
