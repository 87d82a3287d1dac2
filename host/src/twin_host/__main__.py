"""`python -m twin_host` is `twin`."""

from twin_host import main

main()
