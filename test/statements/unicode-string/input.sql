SELECT U&'d\0061t\+000061;', u&'\';
SELECT U &'x;';
SELECT U&"d;""\" FROM t;
SELECT 2;
