UPDATE totals SET orders = 0 WHERE orders < 0;
CREATE INDEX totals_orders ON totals (orders);
