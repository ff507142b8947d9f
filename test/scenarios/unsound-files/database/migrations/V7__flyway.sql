CREATE TABLE flyway ();
