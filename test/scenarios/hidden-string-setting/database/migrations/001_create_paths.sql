CREATE TABLE paths (path text PRIMARY KEY);
