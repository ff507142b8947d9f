INSERT INTO greetings VALUES (1);
