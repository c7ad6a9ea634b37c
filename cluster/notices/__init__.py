"""Notices: what people and programs are told of, written with what caused it and delivered surely.

`outbox.notify` writes a notice in the caller's transaction; `delivery.deliver` sends it to a channel,
at least once, always with the same key.
"""
