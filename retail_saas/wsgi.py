"""HTTP for production servers (gunicorn threads); sockets go to `retail_saas.asgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.prod")
application = get_wsgi_application()

from retail_saas.warm import warm_up  # noqa: E402  the apps must be loaded first

warm_up()
