ALTER TABLE longest ADD more int;
