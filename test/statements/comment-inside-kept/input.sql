SELECT 1 -- one; only
  /* two; */ , 2;
