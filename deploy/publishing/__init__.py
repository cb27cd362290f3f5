"""A file published as a partner: what would change is sent, every answer waited for, and nothing said twice.

`job` is the file and what is to be sent of it; `record` what is remembered beside the file; `door` goes over HTTP, `wire`
over AMQP.
"""
