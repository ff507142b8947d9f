CREATE TABLE tags ();
