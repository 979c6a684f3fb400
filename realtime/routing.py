"""The socket routes, taken up by `retail_saas.asgi`."""

from channels.routing import URLRouter
from django.urls import path

from realtime.sockets.consumers import EventSocket

websocket = URLRouter([path("ws/events/", EventSocket.as_asgi())])
