"""The product's worker with a short lease: a delivery whose worker was killed is anybody's after five seconds."""

import sys
from datetime import timedelta

from celery.__main__ import main

from webhooks import rules

rules.LEASE = timedelta(seconds=5)  # before the services read it

if __name__ == "__main__":
    sys.argv = ["celery", *sys.argv[1:]]
    main()
