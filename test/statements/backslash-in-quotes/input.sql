SELECT '\g', "\g", $$\g$$ /* \g */; -- \g
SELECT 2;
