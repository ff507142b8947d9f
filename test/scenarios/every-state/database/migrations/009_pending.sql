CREATE TABLE pending ();
