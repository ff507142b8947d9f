ALTER TABLE longest DROP more;
