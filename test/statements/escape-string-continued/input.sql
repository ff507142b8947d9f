SELECT E'a'
  -- and on
  'b\'; c';
SELECT E'a' 'b\';
