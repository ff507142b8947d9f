ALTER TABLE by_time ADD later int;
