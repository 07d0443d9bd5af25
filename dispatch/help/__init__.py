"""A crew calls for help: by a key of its vehicle's terminal, its alarm switch, or its phone."""
