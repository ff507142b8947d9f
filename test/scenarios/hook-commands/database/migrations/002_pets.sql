CREATE TABLE pets ();
