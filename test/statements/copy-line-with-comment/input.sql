COPY t FROM stdin; /* rows */ ; -- below
1
\.
