"""Asterisk as a carrier: commands over its REST interface (ARI), reports over its websocket."""
