CREATE TABLE out_of_order ();
