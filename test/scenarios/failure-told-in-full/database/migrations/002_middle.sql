-- Description: A function that fails
CREATE TABLE orders (id bigint PRIMARY KEY);

CREATE FUNCTION check_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM no_such_function(NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER check_order BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION check_order();
/* 😀 */ INSERT INTO orders VALUES (1);
CREATE TABLE never ();
