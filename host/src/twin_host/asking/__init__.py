"""What the twin can be asked: the connectors' lists as tables, without knowing any product.

`catalogue` knows which lists there are, `tables` opens them, `conditions` reads what a person
typed, `rows` asks for rows and pages of them, `things` shows one thing with all that belongs to it,
`changes` tells what changed of them, and `query` runs SQL of anybody's in a process of its own.
"""
