CREATE TABLE newest ();
