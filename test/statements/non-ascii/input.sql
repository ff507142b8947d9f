SELECT '😀;', "ñ;" AS größe; SELECT 2;
/* 😀 */ SELECT 3;
 SELECT 4;