ALTER ROLE nobody_has_this_name PASSWORD 'hunter2';
