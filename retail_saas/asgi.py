"""HTTP and sockets in one process: the one-command default, and the socket servers of production."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.dev")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402  the apps must be loaded first

from core.web.static import static_first  # noqa: E402
from realtime.routing import websocket  # noqa: E402
from retail_saas.warm import warm_up  # noqa: E402

application = ProtocolTypeRouter({"http": static_first(http), "websocket": websocket})
warm_up()
