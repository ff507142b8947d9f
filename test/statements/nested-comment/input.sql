SELECT 1 /* a /* b ; */ ; ' */ + 1;
/*/ not closed by this; */ SELECT 2;
/**/SELECT 3;/***/SELECT 4;
