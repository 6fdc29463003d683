"""A person is taken out of payments, whatever goes wrong meanwhile; the books stay."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.actors import LOOK
from payments.domain.erasure import READ_AGAIN_AFTER, Erasure, Whom, WhomKind, erasure_id
from payments.domain.errors import NewerRelease, PaymentNotFound, StripeUnavailable
from payments.domain.facts import (
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.learning import learn
from payments.domain.notices import NoticeKind, NoticeState
from payments.domain.payment import ERASED, Payment, Status
from payments.domain.releases import needed
from payments.services.customers import Customers
from payments.services.erasing import PATIENCE, PORTION, erase, go_on
from payments.services.letters import Business, letter
from payments.services.mailing import MailOutcome, deliver
from payments.services.recording import record
from tests.builders import NOW, a_payment
from tests.fakes import MemoryMailer, MemoryOutbox, MemoryStore, MemoryStripe, an_issuer

OPEN = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd", url="https://checkout")
PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", intent="pi_1")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd", intent="pi_1")
BUSINESS = Business("The Shop", "admin@example.com", "https://shop.example/pay")
ADA = Whom(WhomKind.EMAIL, "ada@example.com")


class Office:
    """A store with payments of Ada's, and whoever is to forget her."""

    def __init__(self) -> None:
        self.store, self.stripe = MemoryStore(), MemoryStripe()
        self.now = NOW
        self.reported: list[tuple[str, Exception]] = []

    def holds(self, *facts: Fact, user: str | None = None) -> str:
        payment, others = a_payment(user=user), len(self.store.payments)
        self.store.payments[payment.id] = payment
        own = [replace(fact, ref=f"{fact.ref}_{others}") if others else fact for fact in facts]
        record(self.store, payment, own, actor=LOOK, now=NOW)
        return payment.id

    def erases(self, whom: Whom = ADA) -> Erasure:
        return erase(
            whom, by="grace-1", salt="s", store=self.store, stripe=self.stripe, now=self.now, report=self._note
        )

    def goes_on(self) -> Erasure:
        self.now += READ_AGAIN_AFTER
        (erasure,) = self.store.due_erasures(self.now, 10)
        *_, last = go_on(erasure, store=self.store, stripe=self.stripe, now=self.now, report=self._note)
        return last

    def _note(self, payment_id: str, error: Exception) -> None:
        self.reported.append((payment_id, error))

    def __getitem__(self, payment_id: str) -> Payment:
        return self.store.payments[payment_id]


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_person_goes_and_the_books_stay(office: Office) -> None:
    id_ = office.holds(OPEN, PAID)
    before = office[id_]
    erasure = office.erases()
    after = office[id_]
    assert (after.customer, after.user, after.metadata, after.return_url) == (ERASED, None, {}, "")
    assert (after.asked, after.order, after.facts, after.day, after.status) == (
        before.asked,
        before.order,
        before.facts,
        before.day,
        Status.SUCCEEDED,
    )
    assert (erasure.left, erasure.erased, erasure.done_at) == ((), 1, None)
    entry = office.store.events[f"adm_{erasure.id}"]
    assert (entry.type, entry.by, entry.at) == ("erasure", "grace-1", NOW)


def test_it_is_done_when_nothing_more_is_found_ten_minutes_later(office: Office) -> None:
    office.holds(PAID)
    office.erases()
    late = office.holds(PAID)
    assert office.goes_on().erased == 2
    assert office[late].customer == ERASED
    done = office.goes_on()
    assert done.done_at == office.now
    # Only a keyed hash says who it was.
    assert done.whom is None
    assert done.id == erasure_id(ADA, "s") != erasure_id(ADA, "another deployment's")
    assert not office.store.due_erasures(office.now + timedelta(days=1), 10)


def test_asking_twice_is_asking_once_and_after_the_end_anew(office: Office) -> None:
    office.holds(PAID)
    assert office.erases().id == office.erases().id
    assert office.goes_on().done_at
    again = office.holds(PAID)
    assert office.erases().erased == 1
    assert office[again].customer == ERASED


def test_what_was_ordered_since_is_erased_by_asking_again(office: Office) -> None:
    office.holds(PAID)
    office.erases()
    late = office.holds(PAID)
    office.now += READ_AGAIN_AFTER / 2
    erasure = office.erases()
    assert (erasure.left, erasure.erased) == ((), 2)
    assert office[late].customer == ERASED
    # Whoever was ordering just now is sought as long as by the first asking.
    assert erasure.due_at == office.now + READ_AGAIN_AFTER


def test_of_one_payment_it_ends_as_well_and_may_be_asked_for_again(office: Office) -> None:
    whom = Whom(WhomKind.PAYMENT, office.holds(PAID))
    assert office.erases(whom).erased == 1
    assert office.goes_on().done_at
    again = office.erases(whom)
    assert (again.left, again.erased) == ((), 0)


class Death:
    """Ends the process at a call of the store's or Stripe's, before or after its effect."""

    CALLS = (
        *("payments_of", "begin_erasure", "save_erasure", "payment", "save", "close"),
        *("customer", "begin_customer", "keep_customer", "forget_customer", "create_customer", "delete_customer"),
    )

    def __init__(self, office: Office, at: int, *, after: bool) -> None:
        self.calls, self._at, self._after = 0, at, after
        self._office, self._patched = office, []
        for owner in (office.store, office.stripe):
            for name in self.CALLS:
                if hasattr(owner, name):
                    setattr(owner, name, self._mortal(getattr(owner, name)))
                    self._patched.append((owner, name))

    def _mortal(self, call: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **named: object) -> object:
            self.calls += 1
            if self.calls == self._at and not self._after:
                raise SystemExit
            answer = call(*args, **named)
            if self.calls == self._at:
                raise SystemExit
            return answer

        return called

    def is_over(self) -> None:
        for owner, name in self._patched:
            delattr(owner, name)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(3, 14))
def test_cut_off_at_any_call_it_is_resumed(office: Office, at: int, after: bool) -> None:
    """From the third on, for before there is nothing on record: whoever asked was not answered, and asks again."""
    ids = [office.holds(PAID), office.holds(OPEN), office.holds()]
    death = Death(office, at, after=after)
    with pytest.raises(SystemExit):
        office.erases()
    death.is_over()
    done = office.goes_on()
    while not done.done_at:
        done = office.goes_on()
    assert {office[each].customer for each in ids} == {ERASED}
    assert [office[each].is_over for each in ids] == [False, True, True]
    assert done.erased == len(ids)
    assert not office.reported


USER = Whom(WhomKind.USER, "ada-1")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(3, 22))
@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("whom", [ADA, USER], ids=["by address", "by user"])
def test_cut_off_at_any_call_the_customer_goes_too(
    office: Office, whom: Whom, is_answered: bool, at: int, after: bool
) -> None:
    ids = [office.holds(PAID, user="ada-1"), office.holds(OPEN, user="ada-1")]
    if not is_answered:
        office.stripe.failures_after.append(StripeUnavailable("timeout"))
    with nullcontext() if is_answered else pytest.raises(StripeUnavailable):
        Customers(office.store, office.stripe, NOW).of("ada-1")
    death = Death(office, at, after=after)
    with suppress(SystemExit):
        office.erases(whom)
    # The longest of them makes more calls than that, the shortest fewer: it is not cut off then.
    assert death.calls >= min(at, 13)
    death.is_over()
    done = office.goes_on()
    while not done.done_at:
        done = office.goes_on()
    assert {office[each].customer for each in ids} == {ERASED}
    assert (office.store.customers, office.stripe.deleted) == ({}, {*office.stripe.customers.values()})
    assert len(office.stripe.customers) == 1
    assert not office.reported


def test_the_customer_goes_before_the_payment_that_says_whose_it_was(office: Office) -> None:
    id_ = office.holds(PAID, user="ada-1")
    Customers(office.store, office.stripe, NOW).of("ada-1")
    office.stripe.failures = [StripeUnavailable("away")]
    assert office.erases().left == (id_,)
    assert office[id_].user == "ada-1"
    assert office.goes_on().left == ()
    assert office.stripe.deleted == {"cus_1"}


def test_what_was_never_answered_is_erased_though_its_customer_is_forgotten_by_then(office: Office) -> None:
    customer_id = Customers(office.store, office.stripe, NOW).of("ada-1")
    ids = [office.holds(*facts, user="ada-1") for facts in ((OPEN,), (), ())]
    for id_ in ids:
        office.store.payments[id_] = office[id_].but(customer_id=customer_id)
    assert office.erases().left == ()
    assert office.reported == []
    assert {office[each].customer for each in ids} == {ERASED}
    assert [office[each].has_lapsed for each in ids] == [False, True, True]


def test_while_stripe_is_away_a_user_who_never_paid_stays_to_be_erased(office: Office) -> None:
    Customers(office.store, office.stripe, NOW).of("ada-1")
    office.stripe.failures = [StripeUnavailable("away"), StripeUnavailable("away")]
    erasure = office.erases(USER)
    office.now += READ_AGAIN_AFTER
    assert list(go_on(erasure, store=office.store, stripe=office.stripe, now=office.now, report=office._note)) == []
    assert {each for each, _ in office.reported} == {erasure.id}
    assert office.goes_on().done_at
    assert (office.store.customers, office.stripe.deleted) == ({}, {"cus_1"})


def test_of_one_payment_the_users_cards_stay(office: Office) -> None:
    id_ = office.holds(PAID, user="ada-1")
    Customers(office.store, office.stripe, NOW).of("ada-1")
    assert office.erases(Whom(WhomKind.PAYMENT, id_)).erased == 1
    assert office.stripe.deleted == set()


def test_how_far_it_is_is_on_record_after_each_portion(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [office.holds(PAID) for _ in range(PORTION + 2)]
    read = office.store.payment

    def dies_at_the_last(payment_id: str) -> Payment | None:
        if payment_id == ids[-1]:
            raise SystemExit
        return read(payment_id)

    monkeypatch.setattr(office.store, "payment", dies_at_the_last)
    with pytest.raises(SystemExit):
        office.erases()
    [kept] = office.store.erasures.values()
    assert (kept.erased, kept.left) == (PORTION, tuple(ids[PORTION:]))


def test_who_keeps_failing_is_left_for_another_time_and_holds_up_nobody_then(office: Office) -> None:
    """As when no time is left: each failure is a line in the log, and of some people there are thousands."""
    failing = [office.holds(PAID) for _ in range(PATIENCE)]
    others = [office.holds(PAID) for _ in range(2)]
    office.store.for_newer_code = set(failing)
    assert set(office.erases().left) == {*failing, *others}
    assert [each for each, _ in office.reported] == failing
    assert office.goes_on().left == tuple(failing)
    assert {office[each].customer for each in others} == {ERASED}


def test_what_is_open_is_closed_at_stripe_first(office: Office) -> None:
    id_ = office.holds(OPEN, DECLINED)
    office.erases()
    assert office[id_].status is Status.EXPIRED
    # The failure that follows from closing it is for the business alone.
    assert {each.kind for each in office[id_].raised} == {NoticeKind.PAYMENT_FAILED_ADMIN}


def test_one_that_was_paid_meanwhile_is_a_payment(office: Office) -> None:
    id_ = office.holds(OPEN)
    office.stripe.facts[id_] = [replace(OPEN, state=SessionState.PAID)]
    office.erases()
    assert office[id_].status is Status.SUCCEEDED
    assert office[id_].customer == ERASED
    assert {each.kind for each in office[id_].raised} == {NoticeKind.ADMIN_NOTIFICATION}


@pytest.mark.parametrize("facts", [(OPEN,), ()], ids=["open", "without an answer"])
def test_while_stripe_is_away_it_stays_on_the_list(office: Office, facts: tuple[Session, ...]) -> None:
    id_, paid = office.holds(*facts), office.holds(PAID)
    office.stripe.failures = [StripeUnavailable("away")]
    assert office.erases().left == (id_,)
    assert office[id_].customer.name != ERASED.name
    assert office[paid].customer == ERASED
    assert [each for each, _ in office.reported] == [id_]
    office.goes_on()
    assert office[id_].customer == ERASED
    assert office[id_].is_over


def test_what_is_for_newer_code_stays_on_the_list(office: Office) -> None:
    id_ = office.holds(PAID)
    office.store.for_newer_code = {id_}
    assert office.erases().left == (id_,)
    assert [type(error) for _, error in office.reported] == [NewerRelease]
    office.store.for_newer_code = set()
    office.goes_on()
    assert office[id_].customer == ERASED


def test_a_list_is_durable_before_the_first_payment_is_touched(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [office.holds(PAID), office.holds(PAID)]

    def dies(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(office.store, "payment", dies)
    with pytest.raises(SystemExit):
        office.erases()
    monkeypatch.undo()
    assert [each.left for each in office.store.erasures.values()] == [tuple(ids)]
    office.goes_on()
    assert {office[each].customer for each in ids} == {ERASED}


def test_what_is_heard_later_is_learned_and_the_business_alone_is_told(office: Office) -> None:
    id_ = office.holds(PAID)
    told = office[id_].raised
    office.erases()
    refund = Refund(ref="re_1", state=RefundState.FAILED, amount=9900, currency="usd", intent="pi_1")
    dispute = Dispute(ref="dp_1", state=DisputeState.NEEDS_RESPONSE, amount=9900, currency="usd")
    record(office.store, office[id_], [refund, dispute], actor=LOOK, now=NOW)
    new = office[id_].raised - told
    assert {each.kind for each in new} == {NoticeKind.REFUND_FAILED, NoticeKind.DISPUTE_ALERT}
    for notice in new:
        mail = letter(notice, office[id_], BUSINESS)
        assert mail.to == BUSINESS.admin_email
        assert "Ada" not in mail.text + mail.html + mail.subject
        assert "ada@" not in mail.text + mail.html


def test_a_mail_that_was_due_is_not_sent(office: Office) -> None:
    id_ = office.holds(PAID)
    (confirmation,) = (each for each in office[id_].raised if each.kind is NoticeKind.PAYMENT_CONFIRMATION)
    office.erases()
    mailer = MemoryMailer()
    delivery = deliver(
        id_,
        confirmation,
        business=BUSINESS,
        store=office.store,
        issuer=an_issuer(office.store, lambda: NOW),
        mailer=mailer,
        outbox=MemoryOutbox,
        clock=lambda: NOW,
    )
    assert delivery.outcome is MailOutcome.MOOT
    assert not mailer.letters
    assert office.store.notices[id_, confirmation].state is NoticeState.MOOT


def test_older_code_leaves_it_alone() -> None:
    payment = learn(a_payment(), [PAID])[0]
    assert (needed(payment), needed(payment.erased(NOW))) == (1, 2)


def test_one_payment_that_there_is_not(office: Office) -> None:
    with pytest.raises(PaymentNotFound):
        office.erases(Whom(WhomKind.PAYMENT, "pay_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    assert not office.store.erasures
