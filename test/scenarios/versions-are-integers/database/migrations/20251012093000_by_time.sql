CREATE TABLE by_time ();
