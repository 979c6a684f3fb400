from typing import Any

from core.tenancy.commands import PlainCommand
from retail_saas.demo import remove_demo_shop


class Command(PlainCommand):
    help = "Remove the demo shop with all its data; `prepare` makes a new one."

    def handle(self, *args: Any, **options: Any) -> None:
        removed = remove_demo_shop()
        self.stdout.write("The demo shop is gone." if removed else "There is no demo shop.")
