"""What the command line asks for."""

from bench.connectors import main

main()
