DROP TABLE longest;
