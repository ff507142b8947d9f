DROP TABLE by_time;
