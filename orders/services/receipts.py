"""Give receipts: print them (a second time as a copy) and mail them, and remember it in the audit log."""

from email.utils import formataddr, make_msgid, parseaddr
from smtplib import SMTPRecipientsRefused
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid
from core.jobs.models import Job
from core.jobs.services import enqueue
from core.limits import Rate, hit
from core.locations.papers import shop_details
from core.tenancy.context import current_tenant
from orders.errors import MailNotSetUp, TooManyAttempts
from orders.models import Order
from orders.receipts.content import MAIL, PAPER, Receipt, receipt_of, was_given
from orders.receipts.pdf import Paper, receipt_pdf
from orders.selectors import find_order

JOB = "orders.email_receipt"
MAILS = Rate("receipt-mail", 60, 3600)
LONGEST_ADDRESS = 254


@transaction.atomic
def print_receipt(order_id: UUID, *, actor: Actor) -> Receipt:
    """The receipt of an order for paper or screen; every time after the first it is a copy. The audit log has each.

    Raises:
        NotFound: there is no such order where the actor may see orders.
    """
    order = find_order(order_id, actor=actor)
    Order.objects.select_for_update(no_key=True).only("pk").get(pk=order.pk)  # of two at once one is the copy
    receipt = receipt_of(order, is_copy=was_given(order.pk, PAPER))
    _record(order, PAPER, actor)
    return receipt


@transaction.atomic
def email_receipt(order_id: UUID, *, address: str = "", paper: Paper = "a4", actor: Actor) -> Job:
    """Ask for a receipt by e-mail, to the customer's address if none is named; answers the job that sends it.

    Raises:
        NotFound: there is no such order where the actor may see orders.
        MailNotSetUp: this installation cannot send mail.
        Invalid: there is no address, or it is none.
        TooManyAttempts: the actor has sent very many.
    """
    order = find_order(order_id, actor=actor)
    if not settings.MAIL_FROM:
        raise MailNotSetUp
    address = (address or (order.customer.email if order.customer else "")).strip()
    try:
        if len(address) > LONGEST_ADDRESS:
            raise ValidationError("too long")
        validate_email(address)
    except ValidationError as wrong:
        detail = "This is no e-mail address." if address else "Name an e-mail address; the customer has none."
        error = {"pointer": "/address", "code": "address", "detail": detail}
        raise Invalid(detail, details={"errors": [error]}) from wrong
    verdict = hit(MAILS, str(actor.id))
    if not verdict.allowed:
        wait = round(verdict.retry_after_seconds)
        raise TooManyAttempts("So many receipts were mailed. Please wait.", details={"retry_after_seconds": wait})
    _record(order, MAIL, actor)
    return enqueue(JOB, actor=actor, order_id=order.pk, address=address, paper=paper)


def send_receipt(order_id: UUID, *, address: str, paper: Paper, actor: Actor) -> None:
    """Send the mail that `email_receipt` asked for, in the name of the shop, which gets the answers to it.

    A repeat after a crash may send it twice.

    Raises:
        Invalid: the mail server does not take this address.
    """
    order, shop = find_order(order_id, actor=actor), current_tenant().name
    receipt = receipt_of(order)
    sender = "\n".join((shop, *receipt.papers.head))
    told = f"Thank you for your purchase at {shop}.\n\nYour receipt {order.number} is attached as a PDF."
    name, (_, ours), theirs = " ".join(shop.split()), parseaddr(settings.MAIL_FROM), shop_details().email
    message = EmailMessage(
        subject=f"Your receipt {order.number} from {name}",
        body=f"{told}\n\n-- \n{sender}\n",
        from_email=formataddr((name, ours)),
        to=[address],
        reply_to=[theirs] if theirs else None,
        headers={"Message-ID": make_msgid(domain=ours.rpartition("@")[2])},
    )
    message.attach(f"receipt-{order.number}.pdf", receipt_pdf(receipt, paper=paper), "application/pdf")
    try:
        message.send()
    except SMTPRecipientsRefused as refused:
        raise Invalid("The mail server does not take this address.") from refused


def _record(order: Order, medium: str, actor: Actor) -> None:
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="receipt",
        object_id=order.pk,
        object_label=order.number,
        changes={"medium": (None, medium)},
    )
