"""The demo: a made-up movement, told to a running stack by six made-up partners, and what became of it.

`python -m deploy.demo.movement` writes the movement down; `burenbus demo` plays it.
"""
