SELECT 1 /* 😀 */, /*;
