"""Recordings of conversations and left messages: begun, paused, kept, heard, erased."""
