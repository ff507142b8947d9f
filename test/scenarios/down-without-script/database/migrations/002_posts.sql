CREATE TABLE posts ();
