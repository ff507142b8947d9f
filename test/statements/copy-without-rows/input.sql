COPY t FROM STDIN;
\.
COPY u FROM STDIN; -- nothing
\.