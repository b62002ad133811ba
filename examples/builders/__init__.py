"""Writers of the formats that the handbook's built files have, one module a format."""
