CREATE TABLE longest ();
