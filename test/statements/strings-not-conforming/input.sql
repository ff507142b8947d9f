SELECT 'it\'s; fine';
SELECT B'\';
SELECT U&'\';
SET standard_conforming_strings = on;
SELECT '\';
