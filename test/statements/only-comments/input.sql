-- nothing here
/* and ; nothing /* here */ */

  -- the end