\restrict aBc

SELECT 1;
  \connect "my db" 'u' 
\unrestrict aBc
\.
\!ls -l
\set x 'a b'
SELECT 2;
\echo end