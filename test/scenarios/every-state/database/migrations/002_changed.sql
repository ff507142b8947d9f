-- Description: Changed afterwards
CREATE TABLE changed ();
