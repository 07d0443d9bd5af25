"""A stand-in for the carrier: REST, documents and signed webhooks, in a process of its own.

It knows nothing of the product: only the carrier's public documentation. It imports the standard
library, httptools, starlette, uvicorn and typer; its own files see each other alone.

`model` ← `wire` ← `delivery`, `twiml` ← `line` ← `waiting`, `rooms`, `dialling`, `prompts` ←
`exchange` ← `rest*`, `control` ← `server` ← `cli`.
"""
