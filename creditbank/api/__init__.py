"""The HTTP layer: it reads requests, calls one service and answers. Start reading at `app`.

Every answer that refuses is a problem document (RFC 9457); `problems` has the one table of status
codes. Nothing is answered before the service that was called has committed.
"""
