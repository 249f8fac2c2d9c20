"""Programs that are told what happens: who they are, a new one with its secret shown once, and posting once more."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from mappings.facts.local_time import day_start
from mappings.numbers import count_of
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.forms import DayField, LineField, PageForm, require_text
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site, show_moment, zone
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.subscriptions import subscriptions
from plugin.use_cases.subscriptions.events import EVENTS
from plugin.use_cases.subscriptions.subscriptions import ShownSubscription, SubscriptionSecret

PAGE = "sites"


class SubscriptionForm(PageForm):
    """Where events are posted, and which."""

    url = LineField(
        "Address",
        [require_text("Write the address to which events are posted, as https://hub.example/okr.")],
        description="It is a secret as a whole: only its host is shown afterwards.",
        render_kw={"inputmode": "url", "placeholder": "https://hub.example/okr"},
    )
    events = SelectMultipleField(
        "Types of events",
        choices={name: name for name in EVENTS},
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class ReplayForm(PageForm):
    """From which day on."""

    since = DayField("Since the day", [require_text("Say since which day, as 2026-11-01.")])


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """A subscription in the list."""

    one: ShownSubscription
    at: MomentText
    failing: MomentText | None


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/sites/<site>/subscriptions", endpoint="subscriptions")
    @needs("admin")
    def all_subscriptions(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return subscriptions_page(connector, site, SubscriptionForm())

    @blueprint.post("/sites/<site>/subscriptions", endpoint="subscribe")
    @needs("admin", lane="heavy")
    def subscribe(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return added_or_not(connector, site)

    @blueprint.post("/sites/<site>/subscriptions/<subscription>/<act>", endpoint="change_subscription")
    @needs("admin", lane="heavy")
    def change(site: str, subscription: str, act: str) -> ResponseReturnValue:
        known_site(connector, site)
        return done_or_not(connector, site, subscription, act)


def subscriptions_page(
    connector: Connector, site: str, form: SubscriptionForm, made: SubscriptionSecret | None = None
) -> str:
    """All of a site, with the form of a new one."""
    found = subscriptions.list_subscriptions(connector, current_actor(), site)
    return render(
        "subscriptions.html",
        PAGE,
        site=site,
        form=form,
        rows=[line(connector, one) for one in found],
        made=made,
        replay=ReplayForm(),
    )


def line(connector: Connector, one: ShownSubscription) -> SubscriptionLine:
    """A subscription as the page shows it."""
    failing = None if one.failing_since is None else show_moment(connector, one.failing_since)
    return SubscriptionLine(one, show_moment(connector, one.at), failing)


def added_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """A new one with its secret, this once; or what is wrong."""
    form = SubscriptionForm(request.form)
    if form.validate():
        try:
            made = subscriptions.subscribe(
                connector, current_actor(), site, form.url.data, form.events.data or ()
            )
        except Refusal as error:
            form.refuse_for(error)
        else:
            return subscriptions_page(connector, site, SubscriptionForm(), made)
    return subscriptions_page(connector, site, form), 422


def done_or_not(connector: Connector, site: str, subscription: str, act: str) -> ResponseReturnValue:
    """What comes of a button of the list."""
    try:
        if act == "secret":
            made = subscriptions.renew_secret(connector, current_actor(), site, subscription)
            return subscriptions_page(connector, site, SubscriptionForm(), made)
        if act == "test":
            _test(connector, site, subscription)
        elif act == "replay":
            _replay(connector, site, subscription)
        else:
            flash(_done(connector, site, subscription, act))
    except Refusal as error:
        flash_refusal(str(error))
    return redirect(url_for("control.subscriptions", site=site))


def _test(connector: Connector, site: str, subscription: str) -> None:
    tried = subscriptions.send_test(connector, current_actor(), site, subscription)
    said = f"by {tried.subscription.host}: {tried.answer.rstrip('.')}."
    if tried.taken:
        flash(f"Taken {said}")
    else:
        flash_refusal(f"Not taken {said}")


def _replay(connector: Connector, site: str, subscription: str) -> None:
    form = ReplayForm(request.form)
    if not form.validate() or form.since.data is None:
        flash_refusal(" ".join(form.said()) or "Say since which day, as 2026-11-01.")
        return
    since = day_start(form.since.data, zone(connector))
    number = subscriptions.replay(connector, current_actor(), site, subscription, since)
    flash(f"{count_of(number, 'event is', 'events are')} posted once more, with the same ids.")


def _done(connector: Connector, site: str, subscription: str, act: str) -> str:
    if act == "resume":
        return (
            f"{subscriptions.resume(connector, current_actor(), site, subscription).host} is posted to again."
        )
    if act == "pause":
        return f"{subscriptions.pause(connector, current_actor(), site, subscription).host} is paused: what happens waits until you post to it again."
    if act != "remove":
        abort(404, description="There is nothing of this name to do with a subscription.")
    subscriptions.unsubscribe(connector, current_actor(), site, subscription)
    return "Removed: nothing is posted to it any more."
