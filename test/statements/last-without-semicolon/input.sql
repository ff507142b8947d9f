SELECT 1;
SELECT 2 -- it counts
/* still */
