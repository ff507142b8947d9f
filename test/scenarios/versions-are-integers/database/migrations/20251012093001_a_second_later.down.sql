ALTER TABLE by_time DROP later;
