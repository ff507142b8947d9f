CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE visits (at int);
