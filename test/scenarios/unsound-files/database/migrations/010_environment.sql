-- Environment:
-- Transaction: nonee
SELECT 1;
