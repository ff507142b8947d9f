SELECT E'b\';
