SET standard_conforming_strings = off;
SELECT '\';';
set session standard_conforming_strings to 'ON';
SELECT '\';
SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);
SELECT '\';';
RESET standard_conforming_strings;
SELECT '\';
