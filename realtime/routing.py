from channels.routing import URLRouter

websocket = URLRouter([])
