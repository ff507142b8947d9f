ALTER TABLE orders ADD COLUMN reference uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE customers DROP COLUMN phone;
