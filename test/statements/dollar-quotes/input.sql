SELECT $$it's; -- fine$$;
SELECT $a$ $$;$$ $b$;$b$ $a $A$ ;$a$;
SELECT $_x1$;$_x1$, $ä$;$ä$;
SELECT $$$a$$$;
SELECT 2;
