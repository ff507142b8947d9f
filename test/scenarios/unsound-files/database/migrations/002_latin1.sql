-- Description: CafÃ©
CREATE TABLE a ();
INSERT INTO a VALUES ('café');
