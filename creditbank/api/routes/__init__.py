"""The routes, one module per resource. Each parses, calls one service and answers."""
